// SPDX-License-Identifier: Apache-2.0
// Clients of every protocol while the gateway ends: each is told. The test ends it when this says "all open".
import { Stream, run, tokens } from './peer.mjs';

const paths = ['/ws/Manager1', '/ws/events', '/ws/alarms', '/ws/rooms', '/ws', '/ws/live', '/ws/device/ems_001'];

await run(async () => {
  const streams = await Promise.all(paths.map((path) => Stream.open(path, tokens.admin)));
  for (const each of streams) await each.barrier();
  console.log('all open');
  await Promise.all(streams.map((each) => each.closed(`shutdown: ${each.path}`, 1001)));
});
