// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

namespace tagwire::ws {

/// What a route answers, for the OpenAPI document, where that is more than "some JSON". Plain value.
struct AnswerShape {
  const char *method;
  const char *path;    ///< as in Route
  const char *status;  ///< "200"
  const char *schema;  ///< JSON Schema; null: no body
};

inline constexpr std::array answerShapes{
    AnswerShape{"POST", "/api/v1/logout", "204", nullptr},
    AnswerShape{"POST", "/api/v1/users", "201", nullptr},
    AnswerShape{"PUT", "/api/v1/users/{name}", "204", nullptr},
    AnswerShape{"DELETE", "/api/v1/users/{name}", "204", nullptr},
    AnswerShape{"DELETE", "/api/v1/tokens/{name}", "204", nullptr},
    AnswerShape{"DELETE", "/api/v1/devices/{id}", "204", nullptr},
    AnswerShape{"POST", "/api/v1/login", "200", "{\"$ref\":\"#/components/schemas/Session\"}"},
    AnswerShape{"POST", "/api/v1/login", "401", "{\"$ref\":\"#/components/schemas/Error\"}"},
    AnswerShape{"POST", "/api/v1/login", "429", "{\"$ref\":\"#/components/schemas/Error\"}"},
    AnswerShape{"GET", "/api/v1/session", "200", "{\"$ref\":\"#/components/schemas/Session\"}"},
    AnswerShape{"GET", "/api/v1/setup", "200",
                "{\"type\":\"object\",\"required\":[\"needed\"],\"properties\":{\"needed\":{\"type\":\"boolean\"}}}"},
    AnswerShape{"POST", "/api/v1/setup", "201", "{\"$ref\":\"#/components/schemas/Session\"}"},
    AnswerShape{"POST", "/api/v1/setup", "409", "{\"$ref\":\"#/components/schemas/Error\"}"},
    AnswerShape{"POST", "/api/v1/setup", "429", "{\"$ref\":\"#/components/schemas/Error\"}"},
    AnswerShape{"GET", "/api/v1/users", "200",
                "{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/User\"}}"},
    AnswerShape{"GET", "/api/v1/tokens", "200",
                "{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/Token\"}}"},
    AnswerShape{"POST", "/api/v1/tokens", "201",
                "{\"allOf\":[{\"$ref\":\"#/components/schemas/Token\"},{\"type\":\"object\",\"required\":[\"token\"],"
                "\"properties\":{\"token\":{\"type\":\"string\"}}}]}"},
    AnswerShape{"GET", "/api/v1/points", "200",
                "{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/Point\"}}"},
    AnswerShape{"GET", "/api/v1/manifest", "200", "{\"$ref\":\"#/components/schemas/Manifest\"}"},
    AnswerShape{"PUT", "/api/v1/manifest", "202",
                "{\"type\":\"object\",\"required\":[\"version\"],\"properties\":{\"version\":{\"type\":\"integer\"}}}"},
    AnswerShape{"PUT", "/api/v1/manifest", "409", "{\"$ref\":\"#/components/schemas/Error\"}"},
    AnswerShape{"PUT", "/api/v1/manifest", "422", "{\"$ref\":\"#/components/schemas/ManifestRefusal\"}"},
    AnswerShape{"PUT", "/api/v1/manifest", "503", "{\"$ref\":\"#/components/schemas/Error\"}"},
    AnswerShape{"POST", "/api/v1/manifest/check", "200", "{\"$ref\":\"#/components/schemas/ManifestFindings\"}"},
    AnswerShape{"GET", "/api/v1/manifest/versions", "200",
                "{\"type\":\"object\",\"required\":[\"versions\"],\"properties\":{\"versions\":{\"type\":\"array\","
                "\"items\":{\"$ref\":\"#/components/schemas/ManifestVersion\"}}}}"},
    AnswerShape{"GET", "/api/v1/manifest/versions/{number}", "200",
                "{\"$ref\":\"#/components/schemas/ManifestVersion\"}"},
    AnswerShape{"POST", "/api/v1/manifest/versions/{number}/rollback", "202",
                "{\"type\":\"object\",\"required\":[\"version\"],\"properties\":{\"version\":{\"type\":\"integer\"}}}"},
    AnswerShape{"POST", "/api/v1/manifest/versions/{number}/rollback", "422",
                "{\"$ref\":\"#/components/schemas/ManifestRefusal\"}"},
    AnswerShape{"POST", "/api/v1/manifest/versions/{number}/rollback", "503",
                "{\"$ref\":\"#/components/schemas/Error\"}"},
    AnswerShape{
        "POST", "/api/v1/trace", "202",
        "{\"type\":\"object\",\"required\":[\"point\",\"until\"],\"properties\":{\"point\":{\"type\":\"string\"},"
        "\"until\":{\"type\":\"string\",\"format\":\"date-time\"}}}"},
    AnswerShape{"POST", "/api/v1/trace", "404", "{\"$ref\":\"#/components/schemas/Error\"}"},
    AnswerShape{"POST", "/api/v1/trace", "409", "{\"$ref\":\"#/components/schemas/Error\"}"},
    AnswerShape{"GET", "/api/v1/trace", "200",
                "{\"type\":\"object\",\"required\":[\"is_on\"],\"properties\":{\"is_on\":{\"type\":\"boolean\"},"
                "\"point\":{\"type\":\"string\"},\"rows\":{\"type\":\"array\",\"items\":{\"type\":\"object\"}}}}"},
    AnswerShape{"DELETE", "/api/v1/trace", "204", nullptr},
    AnswerShape{"GET", "/api/v1/points/tree", "200", "{\"$ref\":\"#/components/schemas/PointTree\"}"},
    AnswerShape{"GET", "/api/v1/status", "200", "{\"$ref\":\"#/components/schemas/Status\"}"},
    AnswerShape{"GET", "/api/v1/points/{name*}", "200", "{\"$ref\":\"#/components/schemas/Point\"}"},
    AnswerShape{"GET", "/api/v1/history", "200", "{\"$ref\":\"#/components/schemas/HistoryPage\"}"},
    AnswerShape{"GET", "/api/v1/history", "503", "{\"$ref\":\"#/components/schemas/Error\"}"},
    AnswerShape{"GET", "/api/v1/audit", "200", "{\"$ref\":\"#/components/schemas/AuditPage\"}"},
    AnswerShape{"GET", "/api/v1/history/quarantine", "200", "{\"$ref\":\"#/components/schemas/QuarantinePage\"}"},
    AnswerShape{"GET", "/api/v1/history/export", "503", "{\"$ref\":\"#/components/schemas/Error\"}"},
    AnswerShape{"GET", "/api/os/telemetry/latest", "200",
                "{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/Telemetry\"}}"},
    AnswerShape{"GET", "/api/v1/alarms", "200",
                "{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/Alarm\"}}"},
    AnswerShape{"GET", "/api/v1/alarms/{rule_id}", "200", "{\"$ref\":\"#/components/schemas/Alarm\"}"},
    AnswerShape{"GET", "/api/v1/alarm-rules", "200",
                "{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/AlarmRule\"}}"},
    AnswerShape{"GET", "/api/v1/alarm-rules/{id}", "200", "{\"$ref\":\"#/components/schemas/AlarmRule\"}"},
    AnswerShape{"POST", "/api/v1/alarm-rules", "201", "{\"$ref\":\"#/components/schemas/AlarmRule\"}"},
    AnswerShape{"PUT", "/api/v1/alarm-rules/{id}", "200", "{\"$ref\":\"#/components/schemas/AlarmRule\"}"},
    AnswerShape{"DELETE", "/api/v1/alarm-rules/{id}", "204", nullptr},
    AnswerShape{"POST", "/api/os/command", "200", "{\"$ref\":\"#/components/schemas/Command\"}"},
    AnswerShape{"POST", "/api/os/command", "202", "{\"$ref\":\"#/components/schemas/Command\"}"},
    AnswerShape{"POST", "/api/os/command", "403",
                "{\"anyOf\":[{\"$ref\":\"#/components/schemas/Command\"},{\"$ref\":\"#/components/schemas/Error\"}]}"},
    AnswerShape{"POST", "/api/os/command", "404", "{\"$ref\":\"#/components/schemas/Error\"}"},
    AnswerShape{"POST", "/api/os/command", "409",
                "{\"anyOf\":[{\"$ref\":\"#/components/schemas/Command\"},{\"$ref\":\"#/components/schemas/Error\"}]}"},
    AnswerShape{"GET", "/api/v1/commands", "200",
                "{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/CommandRecord\"}}"},
    AnswerShape{"POST", "/api/v1/commands", "200", "{\"$ref\":\"#/components/schemas/CommandRecord\"}"},
    AnswerShape{"POST", "/api/v1/commands", "202", "{\"$ref\":\"#/components/schemas/CommandRecord\"}"},
    AnswerShape{
        "POST", "/api/v1/commands", "403",
        "{\"anyOf\":[{\"$ref\":\"#/components/schemas/CommandRecord\"},{\"$ref\":\"#/components/schemas/Error\"}]}"},
    AnswerShape{"POST", "/api/v1/commands", "404", "{\"$ref\":\"#/components/schemas/Error\"}"},
    AnswerShape{
        "POST", "/api/v1/commands", "409",
        "{\"anyOf\":[{\"$ref\":\"#/components/schemas/CommandRecord\"},{\"$ref\":\"#/components/schemas/Error\"}]}"},
    AnswerShape{"GET", "/api/v1/commands/{id}", "200", "{\"$ref\":\"#/components/schemas/CommandRecord\"}"},
    AnswerShape{"POST", "/api/v1/commands/dry-run", "200", "{\"$ref\":\"#/components/schemas/DryRun\"}"},
    AnswerShape{"POST", "/api/v1/commands/selections", "201", "{\"$ref\":\"#/components/schemas/Selection\"}"},
    AnswerShape{"POST", "/api/v1/commands/selections", "409", "{\"$ref\":\"#/components/schemas/Error\"}"},
    AnswerShape{"DELETE", "/api/v1/commands/selections/{id}", "204", nullptr},
    AnswerShape{"GET", "/api/v1/scenes", "200",
                "{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/Scene\"}}"},
    AnswerShape{"GET", "/api/v1/scenes/{id}", "200", "{\"$ref\":\"#/components/schemas/Scene\"}"},
    AnswerShape{"POST", "/api/v1/scenes/{id}/run", "200", "{\"$ref\":\"#/components/schemas/CommandRecord\"}"},
    AnswerShape{"POST", "/api/v1/scenes/{id}/run", "202", "{\"$ref\":\"#/components/schemas/CommandRecord\"}"},
    AnswerShape{
        "POST", "/api/v1/scenes/{id}/run", "403",
        "{\"anyOf\":[{\"$ref\":\"#/components/schemas/CommandRecord\"},{\"$ref\":\"#/components/schemas/Error\"}]}"},
    AnswerShape{
        "POST", "/api/v1/scenes/{id}/run", "409",
        "{\"anyOf\":[{\"$ref\":\"#/components/schemas/CommandRecord\"},{\"$ref\":\"#/components/schemas/Error\"}]}"},
    AnswerShape{"GET", "/api/v1/interlocks", "200",
                "{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/Interlock\"}}"},
    AnswerShape{"GET", "/api/v1/interlocks/{id}", "200", "{\"$ref\":\"#/components/schemas/Interlock\"}"},
    AnswerShape{"POST", "/api/v1/interlocks/{id}/reset", "200", "{\"$ref\":\"#/components/schemas/Interlock\"}"},
    AnswerShape{"POST", "/api/v1/interlocks/{id}/reset", "409", "{\"$ref\":\"#/components/schemas/Error\"}"},
};

/// One schema of the document's components.
struct NamedSchema {
  const char *name;
  const char *schema;
};

inline constexpr std::array namedSchemas{
    // R4-11
    NamedSchema{"Error",
                "{\"type\":\"object\",\"required\":[\"success\",\"error\",\"timestamp\"],\"properties\":{"
                "\"success\":{\"const\":false},\"error\":{\"type\":\"string\"},"
                "\"timestamp\":{\"type\":\"string\",\"format\":\"date-time\"}}}"},
    // R5-9
    NamedSchema{"Command",
                "{\"type\":\"object\",\"required\":[\"commandId\",\"status\",\"message\"],\"properties\":{"
                "\"commandId\":{\"type\":\"string\"},\"status\":{\"enum\":[\"queued\",\"sent\",\"acked\",\"succeeded\","
                "\"failed\",\"blocked\",\"expired\",\"unknown\"]},\"message\":{\"type\":\"string\"},\"actualValue\":{},"
                "\"interlockId\":{\"type\":[\"integer\",\"null\"]}}}"},
    // What /api/v1 tells of a command; of one that somebody else asked for, what is required and no more.
    NamedSchema{"CommandRecord",
                "{\"type\":\"object\",\"required\":[\"command_id\",\"point\",\"number\",\"status\","
                "\"message\",\"actual_value\",\"created\"],"
                "\"properties\":{\"command_id\":{\"type\":\"string\"},\"point\":{\"type\":[\"string\",\"null\"]},"
                "\"number\":{\"type\":[\"integer\",\"null\"]},\"scene\":{\"type\":\"integer\"},"
                "\"type\":{\"enum\":[\"write\",\"toggle\",\"pulse\",\"scene\"]},"
                "\"value\":{},\"duration_ms\":{\"type\":\"integer\"},\"status\":{\"enum\":[\"queued\","
                "\"sent\",\"acked\",\"succeeded\",\"failed\",\"blocked\",\"expired\",\"unknown\"]},"
                "\"message\":{\"type\":\"string\"},\"actual_value\":{},"
                "\"interlock_id\":{\"type\":[\"integer\",\"null\"]},"
                "\"waits_for\":{\"const\":\"second_person\"},\"created\":{\"type\":\"string\","
                "\"format\":\"date-time\"},\"completed\":{\"type\":\"string\",\"format\":\"date-time\"},"
                "\"requested_by\":{\"type\":\"string\"},\"approved_by\":{\"type\":\"string\"},"
                "\"comment\":{\"type\":\"string\"},\"correlation_id\":{\"type\":\"string\"},"
                "\"steps\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":[\"status\","
                "\"timestamp\",\"actual_value\"],\"properties\":{\"status\":{\"enum\":[\"queued\","
                "\"sent\",\"acked\",\"succeeded\",\"failed\",\"blocked\",\"expired\",\"unknown\"]},"
                "\"timestamp\":{\"type\":\"string\",\"format\":\"date-time\"},\"actual_value\":{},"
                "\"message\":{\"type\":\"string\"},\"error\":{\"type\":\"string\"}}}}}}"},
    NamedSchema{"DryRun",
                "{\"type\":\"object\",\"required\":[\"would_be_sent\",\"obstacle\",\"interlocks\","
                "\"warnings\",\"value\",\"confirm\"],"
                "\"properties\":{\"would_be_sent\":{\"type\":\"boolean\"},"
                "\"obstacle\":{\"type\":[\"object\",\"null\"],"
                "\"properties\":{\"status\":{\"enum\":[\"blocked\",\"expired\",\"failed\"]},"
                "\"message\":{\"type\":\"string\"},\"interlock_id\":{\"type\":\"integer\"}}},"
                "\"interlocks\":{\"type\":\"array\",\"items\":{\"type\":\"integer\"}},"
                "\"warnings\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}},\"value\":{},"
                "\"confirm\":{\"enum\":[\"none\",\"select\",\"second_person\"]}}}"},
    NamedSchema{"Selection",
                "{\"type\":\"object\",\"required\":[\"selection_id\",\"point\",\"expires\"],"
                "\"properties\":{\"selection_id\":{\"type\":\"string\"},\"point\":{\"type\":\"string\"},"
                "\"expires\":{\"type\":\"string\",\"format\":\"date-time\"}}}"},
    NamedSchema{"Scene",
                "{\"type\":\"object\",\"required\":[\"id\",\"name\",\"on_failure\",\"steps\",\"on_stop\",\"points\","
                "\"state\",\"last_run\"],\"properties\":{\"id\":{\"type\":\"integer\"},\"name\":{\"type\":\"string\"},"
                "\"on_failure\":{\"enum\":[\"stop\",\"continue\"]},"
                "\"steps\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}},"
                "\"on_stop\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}},"
                "\"points\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}},"
                "\"state\":{\"enum\":[\"idle\",\"running\",\"stopping\"]},\"command_id\":{\"type\":\"string\"},"
                "\"step\":{\"type\":\"integer\"},\"last_run\":{\"type\":[\"object\",\"null\"],"
                "\"properties\":{\"command_id\":{\"type\":\"string\"},\"requested_by\":{\"type\":\"string\"},"
                "\"status\":{\"enum\":[\"succeeded\",\"failed\",\"blocked\",\"expired\",\"unknown\"]},"
                "\"message\":{\"type\":\"string\"},\"started\":{\"type\":\"string\",\"format\":\"date-time\"},"
                "\"ended\":{\"type\":\"string\",\"format\":\"date-time\"}}}}}"},
    NamedSchema{"Interlock",
                "{\"type\":\"object\",\"required\":[\"id\",\"name\",\"mode\",\"severity\",\"points\","
                "\"is_violated\",\"is_tripped\",\"conditions\"],"
                "\"properties\":{\"id\":{\"type\":\"integer\"},\"name\":{\"type\":\"string\"},"
                "\"mode\":{\"enum\":[\"permissive\",\"trip\",\"advisory\"]},"
                "\"severity\":{\"enum\":[\"critical\",\"major\",\"minor\",\"info\"]},"
                "\"points\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}},"
                "\"is_violated\":{\"type\":\"boolean\"},\"is_tripped\":{\"type\":\"boolean\"},"
                "\"tripped\":{\"type\":\"string\",\"format\":\"date-time\"},"
                "\"cause\":{\"type\":\"string\"},\"is_forced\":{\"type\":\"boolean\"},"
                "\"conditions\":{\"type\":\"array\",\"items\":{\"type\":\"object\","
                "\"properties\":{\"text\":{\"type\":\"string\"},\"is_met\":{\"type\":\"boolean\"},"
                "\"found\":{\"type\":\"string\"},\"hidden\":{\"const\":true}}}}}}"},
    NamedSchema{
        "Session",
        "{\"type\":\"object\",\"required\":[\"authenticated\"],\"properties\":{"
        "\"authenticated\":{\"type\":\"boolean\"},\"kind\":{\"enum\":[\"anonymous\",\"token\",\"jwt\",\"user\"]},"
        "\"name\":{\"type\":\"string\"},\"permissions\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}},"
        "\"expires\":{\"type\":\"string\",\"format\":\"date-time\"},\"csrf\":{\"type\":\"string\"}}}"},
    NamedSchema{"User",
                "{\"type\":\"object\",\"required\":[\"name\",\"role\",\"created\"],\"properties\":{"
                "\"name\":{\"type\":\"string\"},\"role\":{\"type\":\"string\"},"
                "\"created\":{\"type\":\"string\",\"format\":\"date-time\"}}}"},
    NamedSchema{
        "Token",
        "{\"type\":\"object\",\"required\":[\"name\",\"permissions\",\"created\"],\"properties\":{"
        "\"name\":{\"type\":\"string\"},\"permissions\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}},"
        "\"created\":{\"type\":\"string\",\"format\":\"date-time\"},\"expires\":{\"type\":[\"string\",\"null\"],"
        "\"format\":\"date-time\"},\"created_by\":{\"type\":\"string\"}}}"},
    NamedSchema{
        "Point",
        "{\"type\":\"object\",\"required\":[\"name\",\"number\",\"type\",\"value\",\"quality\",\"timestamp\"],"
        "\"properties\":{\"name\":{\"type\":\"string\"},\"number\":{\"type\":\"integer\"},"
        "\"type\":{\"type\":\"string\"},\"value\":{},\"quality\":{\"type\":\"string\"},"
        "\"timestamp\":{\"type\":[\"string\",\"null\"],\"format\":\"date-time\"},\"unit\":{\"type\":\"string\"},"
        "\"description\":{\"type\":\"string\"},\"writable\":{\"type\":\"boolean\"}}}"},
    NamedSchema{"Manifest",
                "{\"type\":\"object\",\"required\":[\"file\",\"text\",\"hash\",\"is_running\",\"version\","
                "\"documents\",\"can_apply\"],\"properties\":{\"file\":{\"type\":\"string\"},\"text\":{\"ty"
                "pe\":\"string\"},\"hash\":{\"type\":\"string\"},\"is_running\":{\"type\":\"boolean\"},\"ve"
                "rsion\":{\"type\":\"integer\"},\"documents\":{\"type\":\"array\",\"items\":{\"type\":\"obj"
                "ect\",\"properties\":{\"file\":{\"type\":\"string\"},\"hash\":{\"type\":[\"string\",\"null"
                "\"]}}}},\"can_apply\":{\"type\":\"boolean\"},\"why_not\":{\"type\":\"string\"}}}"},
    NamedSchema{"ManifestProblem",
                "{\"type\":\"object\",\"required\":[\"severity\",\"line\",\"column\",\"path\",\"message\"],"
                "\"properties\":{\"severity\":{\"enum\":[\"error\",\"warning\"]},\"file\":{\"type\":\"strin"
                "g\"},\"line\":{\"type\":\"integer\"},\"column\":{\"type\":\"integer\"},\"path\":{\"type\":"
                "\"string\"},\"message\":{\"type\":\"string\"}}}"},
    NamedSchema{"ManifestFindings",
                "{\"type\":\"object\",\"required\":[\"ok\",\"problems\"],\"properties\":{\"ok\":{\"type\":"
                "\"boolean\"},\"problems\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/M"
                "anifestProblem\"}}}}"},
    NamedSchema{"ManifestRefusal",
                "{\"allOf\":[{\"$ref\":\"#/components/schemas/Error\"},{\"type\":\"object\",\"required\":["
                "\"problems\"],\"properties\":{\"problems\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/com"
                "ponents/schemas/ManifestProblem\"}}}}]}"},
    NamedSchema{"ManifestVersion",
                "{\"type\":\"object\",\"required\":[\"version\",\"time\",\"by\",\"comment\",\"hash\",\"is_c"
                "urrent\"],\"properties\":{\"version\":{\"type\":\"integer\"},\"time\":{\"type\":\"string\""
                ",\"format\":\"date-time\"},\"by\":{\"type\":\"string\"},\"comment\":{\"type\":\"string\"},"
                "\"hash\":{\"type\":\"string\"},\"is_current\":{\"type\":\"boolean\"},\"text\":{\"type\":\""
                "string\"}}}"},
    NamedSchema{"PointTree",
                "{\"type\":\"object\",\"required\":[\"under\",\"groups\",\"total\",\"points\"],\"properties\":{"
                "\"under\":{\"type\":\"string\"},\"total\":{\"type\":\"integer\"},"
                "\"groups\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":[\"name\",\"points\","
                "\"worst\"],\"properties\":{\"name\":{\"type\":\"string\"},\"points\":{\"type\":\"integer\"},"
                "\"worst\":{\"enum\":[\"good\",\"uncertain\",\"bad\"]}}}},"
                "\"points\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/Point\"}}}}"},
    NamedSchema{"Status",
                "{\"type\":\"object\",\"required\":[\"version\",\"site\",\"started\",\"uptime_s\",\"epoch\",\"state\","
                "\"instances\",\"rates\",\"clients\",\"points\",\"history\",\"loop_lag_ms\",\"memory_bytes\"],"
                "\"properties\":{\"state\":{\"enum\":[\"ok\",\"degraded\",\"failed\"]},"
                "\"started\":{\"type\":\"string\",\"format\":\"date-time\"},\"uptime_s\":{\"type\":\"integer\"},"
                "\"rates\":{\"type\":\"object\",\"properties\":{\"samples_per_s\":{\"type\":\"number\"},"
                "\"events_per_s\":{\"type\":\"number\"},\"messages_out_per_s\":{\"type\":\"number\"}}},"
                "\"clients\":{\"type\":\"object\",\"properties\":{\"websocket\":{\"type\":\"integer\"},"
                "\"http\":{\"type\":\"integer\"}}},\"points\":{\"type\":\"object\",\"properties\":{"
                "\"total\":{\"type\":\"integer\"},\"good\":{\"type\":\"integer\"},\"uncertain\":{\"type\":\"integer\"},"
                "\"bad\":{\"type\":\"integer\"}}},\"loop_lag_ms\":{\"type\":\"number\"},"
                "\"memory_bytes\":{\"type\":\"integer\"}}}"},
    NamedSchema{
        "Alarm",
        "{\"type\":\"object\",\"required\":[\"rule_id\",\"rule_name\",\"state\",\"condition\",\"severity\",\"since\"],"
        "\"properties\":{\"rule_id\":{\"type\":\"integer\"},\"rule_name\":{\"type\":\"string\"},"
        "\"alarm_id\":{\"type\":\"integer\"},\"area\":{\"type\":\"string\"},"
        "\"state\":{\"enum\":[\"OK\",\"WARNING\",\"ALARM\"]},\"condition\":{\"enum\":[\"Normal\","
        "\"Unacknowledged-Active\",\"Acknowledged-Active\",\"RTN-Unacknowledged\",\"Latched\",\"Shelved\","
        "\"Suppressed-by-Design\",\"Out-of-Service\"]},"
        "\"severity\":{\"enum\":[\"critical\",\"major\",\"minor\",\"info\"]},"
        "\"value\":{\"type\":[\"number\",\"null\"]},\"message\":{\"type\":\"string\"},"
        "\"since\":{\"type\":\"string\",\"format\":\"date-time\"},\"acknowledged\":{\"type\":\"boolean\"},"
        "\"acknowledged_by\":{\"type\":\"string\"},"
        "\"acknowledged_at\":{\"type\":\"string\",\"format\":\"date-time\"},\"comment\":{\"type\":\"string\"},"
        "\"shelved_until\":{\"type\":\"string\",\"format\":\"date-time\"}}}"},
    // "values" of points, "buckets" of their trends.
    NamedSchema{
        "HistoryPage",
        "{\"type\":\"object\",\"required\":[\"series\",\"unknown\",\"gaps\"],\"properties\":{"
        "\"series\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":[\"point\",\"type\",\"unit\"],"
        "\"properties\":{\"point\":{\"type\":\"string\"},\"type\":{\"type\":\"string\"},\"unit\":{\"type\":\"string\"},"
        "\"tag\":{\"type\":\"string\"},\"before\":{\"$ref\":\"#/components/schemas/HistoryValue\"},"
        "\"values\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/HistoryValue\"}},"
        "\"buckets\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":[\"t\"],\"properties\":{"
        "\"t\":{\"type\":\"string\",\"format\":\"date-time\"},\"min\":{\"type\":[\"number\",\"null\"]},"
        "\"max\":{\"type\":[\"number\",\"null\"]},\"avg\":{\"type\":[\"number\",\"null\"]},"
        "\"last\":{\"type\":[\"number\",\"null\"]},\"count\":{\"type\":\"integer\"},"
        "\"good\":{\"type\":\"integer\"}}}}}}},"
        "\"unknown\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}},"
        "\"gaps\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{"
        "\"from\":{\"type\":\"string\",\"format\":\"date-time\"},\"to\":{\"type\":\"string\",\"format\":\"date-time\"},"
        "\"records\":{\"type\":\"integer\"},\"reason\":{\"type\":\"string\"}}}},"
        "\"next\":{\"type\":[\"string\",\"null\"]},\"interval_ms\":{\"type\":\"number\"}}}"},
    NamedSchema{"HistoryValue",
                "{\"type\":\"object\",\"required\":[\"t\",\"v\",\"q\"],\"properties\":{"
                "\"t\":{\"type\":\"string\",\"format\":\"date-time\"},\"v\":{},\"q\":{\"type\":\"string\"},"
                "\"received\":{\"type\":\"string\",\"format\":\"date-time\"},"
                "\"historical\":{\"type\":\"boolean\"}}}"},
    NamedSchema{"QuarantinePage",
                "{\"type\":\"object\",\"required\":[\"total\",\"records\",\"next\"],\"properties\":{"
                "\"total\":{\"type\":\"integer\"},\"next\":{\"type\":[\"integer\",\"null\"]},"
                "\"records\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{"
                "\"id\":{\"type\":\"integer\"},\"since\":{\"type\":\"string\",\"format\":\"date-time\"},"
                "\"t\":{\"type\":\"string\",\"format\":\"date-time\"},\"what\":{\"type\":\"string\"},"
                "\"content\":{\"type\":\"string\"},\"reason\":{\"type\":\"string\"}}}}}}"},
    NamedSchema{"AuditPage",
                "{\"type\":\"object\",\"required\":[\"records\",\"next\"],\"properties\":{"
                "\"next\":{\"type\":[\"integer\",\"null\"]},"
                "\"records\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{"
                "\"number\":{\"type\":\"integer\"},\"time\":{\"type\":\"string\",\"format\":\"date-time\"},"
                "\"kind\":{\"type\":\"string\"},\"action\":{\"type\":\"string\"},\"actor\":{\"type\":\"string\"},"
                "\"address\":{\"type\":\"string\"},\"subject\":{\"type\":\"string\"},"
                "\"reference\":{\"type\":\"string\"},\"comment\":{\"type\":\"string\"},"
                "\"details\":{\"type\":\"object\"},\"hash\":{\"type\":\"string\"}}}}}}"},
    // The manifest's rule object; its own keys depend on the comparison.
    NamedSchema{"AlarmRule",
                "{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"integer\"},\"name\":{\"type\":\"string\"},"
                "\"point\":{\"type\":\"string\"},\"comparison\":{\"type\":\"string\"},"
                "\"version\":{\"type\":\"integer\"},\"from_manifest\":{\"type\":\"boolean\"}}}"},
    // R5-4
    NamedSchema{"Telemetry",
                "{\"type\":\"object\",\"required\":[\"type\",\"endpointId\",\"value\",\"timestamp\"],\"properties\":{"
                "\"type\":{\"const\":\"telemetry\"},\"endpointId\":{\"type\":\"integer\"},\"value\":{},"
                "\"timestamp\":{\"type\":[\"string\",\"null\"],\"format\":\"date-time\"},"
                "\"quality\":{\"type\":\"string\"}}}"},
};

}  // namespace tagwire::ws
