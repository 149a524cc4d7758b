// SPDX-License-Identifier: Apache-2.0
// A client of an MQTT broker by two libraries that are not ours: MQTT.js, and sparkplug-payload of Eclipse Tahu.
//
// usage: mqtt_peer.mjs PORT (with TAGWIRE_NODE_PACKAGES, the folder into which they were installed)
//
// Prints a line of JSON for each message: {"topic", "retain", "properties", "text"} or, of Sparkplug, "payload" as decoded.
// Takes lines of JSON on stdin: {"topic", "text", "retain", "qos"} or {"topic", "payload", "qos"}, which it encodes, and publishes them.
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const packages = createRequire(process.env.TAGWIRE_NODE_PACKAGES + '/package.json');
const mqtt = packages('mqtt');
const sparkplug = packages('sparkplug-payload').get('spBv1.0');

const client = mqtt.connect({ host: '127.0.0.1', port: Number(process.argv[2]), protocolVersion: 5, reconnectPeriod: 0 });
const say = (line) => console.log(JSON.stringify(line, (key, value) => (typeof value === 'bigint' ? Number(value) : value)));

/** 64-bit numbers come as objects of the library `long`, bytes are Base64 in JSON. */
const plain = (value) => {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (value && typeof value === 'object' && typeof value.toNumber === 'function') return value.toNumber();
  if (Array.isArray(value)) return value.map(plain);
  if (value && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([key, of]) => [key, plain(of)]));
  return value;
};
const isSparkplug = (topic) => topic.startsWith('spBv1.0/') && !topic.startsWith('spBv1.0/STATE/');

client.on('connect', () => client.subscribe('#', { qos: 1 }, () => say({ ready: true })));
client.on('error', (error) => { console.error(String(error)); process.exit(1); });
client.on('message', (topic, bytes, packet) => {
  const common = { topic, retain: packet.retain, properties: packet.properties?.userProperties ?? {} };
  if (!isSparkplug(topic)) return say({ ...common, text: bytes.toString('utf8') });
  say({ ...common, payload: plain(sparkplug.decodePayload(bytes)) });
});
createInterface({ input: process.stdin }).on('line', (line) => {
  const { topic, text, payload, retain = false, qos = payload ? 0 : 1 } = JSON.parse(line);
  for (const metric of payload?.metrics ?? []) if (metric.type === 'Bytes') metric.value = Buffer.from(metric.value, 'base64');
  client.publish(topic, payload ? Buffer.from(sparkplug.encodePayload(payload)) : text, { qos, retain });
});
process.stdin.on('end', () => process.exit(0));
