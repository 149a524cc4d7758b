// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "testcontext.h"
#include "wsconfig.h"

namespace tagwire::ws {

/// JSON as it stands in a test: with ' for ", since moc trips over the escaped ones of raw strings.
inline QByteArray json(QByteArray text) { return text.replace('\'', '"'); }

/// A whole configuration of a gateway, read as a manifest is.
inline std::optional<WsConfig> readWsConfig(const QByteArray &text, QString *problems = nullptr) {
  Problems found;
  const ConfigNode node = parseJson(text, QStringLiteral("test.json"), found);
  std::optional<WsConfig> config;
  if (!hasErrors(found)) {
    ConfigReader reader(node, QStringLiteral("config"), found);
    config = WsConfig::read(reader);
  }
  if (problems) {
    for (const Problem &problem : found) *problems += toText(problem) + u'\n';
  }
  return config;
}

/// The model of a battery system, with every type of field.
inline QByteArray emsFields() {
  return "{'battery.soc':{'type':'float','min':0,'max':1,'required':true},"
         "'battery.voltage':{'type':'float','unit':'V'},"
         "'battery.cells':{'type':'int','min':0,'max':100},"
         "'battery.faults':'string',"
         "'battery.limit':{'type':'float','min':0,'max':100,'writable':true},"
         "'grid.status':{'type':'enum','values':['connected','island'],'writable':true},"
         "'running':'bool'}";
}

inline QByteArray emsModels(const QByteArray &unknownFields = "ignore") {
  return "'models':{'ems':{'fields':" + emsFields() + ",'unknown_fields':'" + unknownFields + "'}}";
}

}  // namespace tagwire::ws
