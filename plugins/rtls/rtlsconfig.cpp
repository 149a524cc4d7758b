// SPDX-License-Identifier: Apache-2.0
#include "rtlsconfig.h"

namespace tagwire::rtls {

void ManagerConfig::describe(Shape<ManagerConfig> &shape) {
  shape.shorthand("name");
  shape.required("name", &ManagerConfig::name, "the name clients connect to, /ws/<name>")
      .example("Manager1")
      .range(1, 64);
  shape.optional("host", &ManagerConfig::host, "where its equipment is, shown to clients")
      .example("192.0.2.20")
      .range(0, 255);
  shape.optional("port", &ManagerConfig::port, "shown to clients").range(0, 65535);
}

void ZoneConfig::describe(Shape<ZoneConfig> &shape) {
  shape.required("id", &ZoneConfig::id, "number of the zone, `zone_id` for clients").example(417).range(1, 2147483647);
  shape.required("name", &ZoneConfig::name, "what people call it").example("Hall").range(1, 200);
  shape.optional("level", &ZoneConfig::level, "how wide it is; a fix gets the deepest zone that holds it");
  shape.optional("polygon", &ZoneConfig::polygon, "outline: [x, y] for each corner")
      .exampleJson("[[0, 0], [100, 0], [100, 60], [0, 60]]")
      .suggested()
      .range(3, 1000);
  shape.optional("holes", &ZoneConfig::holes, "polygons in it that do not belong to it")
      .exampleJson("[[[10, 10], [20, 10], [20, 20]]]")
      .range(1, 100);
  shape.optional("circle", &ZoneConfig::circle, "instead of a polygon");
  shape.optional("z", &ZoneConfig::z, "[from, to] of its heights; every height if absent")
      .exampleJson("[0, 20]")
      .range(2, 2);
  shape.optional("parent", &ZoneConfig::parent, "id of the zone it lies in").example(417);
  shape.optional("plan", &ZoneConfig::plan, "picture of it, for pages");
}

void TagConfig::describe(Shape<TagConfig> &shape) {
  shape.required("id", &TagConfig::id, "as the tag says it").example("SIM1").range(1, 64);
  shape.optional("name", &TagConfig::name, "who or what carries it").example("Badge 1").range(0, 200);
  shape.optional("class", &TagConfig::tagClass, "what kind of thing that is, for proximity and muster: person, vehicle")
      .example("person")
      .range(1, 64)
      .check(&wrongClass);
  shape.optional("smoothing", &TagConfig::smoothing, "of this tag, instead of the instance's");
}

void RegionConfig::describe(Shape<RegionConfig> &shape) {
  shape.optional("polygon", &RegionConfig::polygon, "outline: [x, y] for each corner")
      .exampleJson("[[0, 0], [100, 0], [100, 60], [0, 60]]")
      .suggested()
      .range(3, 1000);
  shape.optional("circle", &RegionConfig::circle, "instead of a polygon");
  shape.optional("z", &RegionConfig::z, "[from, to] of its heights; those of the zone if absent")
      .exampleJson("[0, 20]")
      .range(2, 2);
}

void PortableConfig::describe(Shape<PortableConfig> &shape) {
  shape.required("tag", &PortableConfig::tag, "id of the tag that carries it, and never triggers it itself")
      .example("FORK1");
  shape.required("radius", &PortableConfig::radius, "around that tag, in the length unit")
      .example(3)
      .range(tiniestMeasure, largestMeasure);
  shape
      .optional("z", &PortableConfig::z,
                "[from, to] of the heights (not relative to the carrier); every height if absent")
      .exampleJson("[0, 20]")
      .range(2, 2);
}

void TriggerConfig::describe(Shape<TriggerConfig> &shape) {
  shape.required("id", &TriggerConfig::id, "number of the trigger, `trigger_id` for clients")
      .example(123)
      .range(1, 2147483647);
  shape.required("name", &TriggerConfig::name, "what people call it").example("Entry gate").range(1, 200);
  shape.required("zone", &TriggerConfig::zone, "id of the zone it belongs to and lies in").example(417);
  shape.required("direction", &TriggerConfig::direction, "what it waits for").example("OnEnter");
  shape.optional("regions", &TriggerConfig::regions, "where; inside is inside any of them").range(1, 1000).suggested();
  shape.optional("portable", &TriggerConfig::portable, "instead of regions: travels with a tag, within its zone");
  shape.optional("tags", &TriggerConfig::tags, "only these tags; all if absent").example("SIM1").range(1, 100'000);
  shape.optional("dwell_ms", &TriggerConfig::dwell, "OnDwell: inside for so long without leaving")
      .example(5000)
      .range(1, weekMs);
  shape.optional("exit_tolerance", &TriggerConfig::exitTolerance, "outside by no more than this is still inside")
      .range(0, largestMeasure);
  shape.optional("exit_delay_ms", &TriggerConfig::exitDelay, "outside for so long before it counts as left")
      .range(0, weekMs);
  shape.optional("entry_delay_ms", &TriggerConfig::entryDelay, "inside for so long before it counts as entered")
      .range(0, weekMs);
  shape
      .optional("while_interval_ms", &TriggerConfig::whileInterval,
                "WhileIn, WhileOut: least time between two events of a tag; every fix if 0 or absent")
      .example(1000)
      .range(0, weekMs);
}

void SimulateConfig::describe(Shape<SimulateConfig> &shape) {
  shape.optional("interval_ms", &SimulateConfig::interval, "between two fixes of a tag").range(20, 3'600'000);
  shape.optional("speed", &SimulateConfig::speed, "in length units per second").range(0.001, 1000);
  shape.optional("seed", &SimulateConfig::seed, "the same seed walks the same ways").range(0, 2147483647);
  shape.optional("tags", &SimulateConfig::tags, "ids of the tags that walk; all if absent")
      .range(1, 100'000)
      .example("SIM1");
}

void RtlsConfig::describe(Shape<RtlsConfig> &shape) {
  shape.optional("managers", &RtlsConfig::managers, "the names that RTLS clients connect to; due without `remotes`")
      .suggested()
      .range(1, 100);
  shape.optional("length_unit", &RtlsConfig::lengthUnit, "unit of every coordinate and length");
  shape.optional("zones", &RtlsConfig::zones, "named areas, which may form a tree").range(0, 10'000);
  shape.optional("georeference", &RtlsConfig::georeference, "where the plane of the coordinates lies on earth");
  shape.optional("tags", &RtlsConfig::tags, "the tags that are expected").range(0, 100'000);
  shape.optional("triggers", &RtlsConfig::triggers, "what raises trigger events").range(0, 10'000);
  shape.optional("proximity", &RtlsConfig::proximity, "which tags must not come near each other").range(0, 1000);
  shape.optional("unaccompanied", &RtlsConfig::unaccompanied, "which tags must not move about alone").range(0, 1000);
  shape.optional("timeout_ms", &RtlsConfig::timeout, "a tag that sends no fix for so long is lost").range(100, weekMs);
  shape
      .optional("unknown_tags", &RtlsConfig::unknownTags,
                "how many tags that are not listed are taken in as they come, at once")
      .range(0, 100'000);
  shape.optional("intake", &RtlsConfig::intake, "listeners for fixes, one JSON object (GISData) a line").range(0, 16);
  shape.optional("filter", &RtlsConfig::filter, "what a fix must be like to be believed");
  shape.optional("smoothing", &RtlsConfig::smoothing, "how positions are smoothed; not at all if absent");
  shape.optional("simulate", &RtlsConfig::simulate, "lets the tags walk by themselves, for trying things out");
  shape.optional("remotes", &RtlsConfig::remotes, "managers of other sites, whose events come in too").range(1, 100);
}

}  // namespace tagwire::rtls
