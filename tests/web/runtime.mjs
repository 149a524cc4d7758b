// SPDX-License-Identifier: Apache-2.0
// The real program with a simulated PLC and simulated tags, on free ports of this machine, in a folder of its own.
//
// TAGWIRE_PROGRAM is the program; its plugins stand beside it.
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const patience = 30_000; // ms until what is due counts as missing

/** What an attacker would name a point: it has to stay text. */
export const evil = '<script>globalThis.wasRun = 1</script><img src=x onerror="globalThis.wasRun = 2">';

export const users = {
  admin: { name: 'anna', role: 'admin', password: 'correct horse battery' },
  operator: { name: 'oskar', role: 'operator', password: 'staple of the plant' },
  second: { name: 'sonja', role: 'operator', password: 'another pair of eyes' },
  viewer: { name: 'vera', role: 'viewer', password: 'looking and no touching' },
};

function program() {
  const path = process.env.TAGWIRE_PROGRAM;
  if (!path) throw new Error('TAGWIRE_PROGRAM has to name the program (run by ctest, it does)');
  return path;
}

export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Points of the simulated PLC, as CSV. */
const points = `name,number,table,address,type,unit,writable,min,max,description,confirm,x-sim
boiler/temp,59,holding,0,float32,°C,true,0,120,Boiler outlet,,constant:20
boiler/pressure,60,input,10,float32,bar,,,,Steam pressure,,sine:4:6:20
pump/run,61,coil,0,bool,,true,,,Feed pump,,constant:0
pump/running,62,discrete,0,bool,,,,,Feed pump feedback,,square:4
tank/level,63,input,2,uint16,%,,,,Level of the tank,,ramp:20:80:60
valve/open,64,coil,1,bool,,true,,,Outlet valve,select,constant:0
burner/on,65,coil,2,bool,,true,,,Burner,second_person,constant:0
`;

function manifest(plcPort, webPort, auth) {
  return {
    site: { name: 'test-plant', timezone: 'Asia/Kolkata' },
    data_dir: 'var',
    interlocks: [
      {
        id: 5,
        name: 'Boiler too hot for the pump',
        mode: 'permissive',
        points: ['plc1/pump/run'],
        severity: 'critical',
        conditions: [{ type: 'range', point: 'plc1/boiler/temp', min: 0, max: 90 }],
      },
    ],
    plugins: [
      {
        id: 'plc1',
        type: 'modbus',
        config: {
          endpoint: `tcp://127.0.0.1:${plcPort}`,
          poll_interval_ms: 100,
          timeout_ms: 500,
          points: [
            { $csv: 'plc1.csv' },
            { name: 'evil/text', table: 'input', address: 2, type: 'uint16', description: evil, unit: '<b>%</b>' },
          ],
        },
      },
      {
        id: 'uwb',
        type: 'rtls',
        config: {
          managers: ['Manager1'],
          length_unit: 'm',
          zones: [
            { id: 417, name: 'Hall', level: 'building', polygon: [[0, 0], [40, 0], [40, 20], [0, 20]], z: [0, 5] },
            { id: 418, name: `Gate ${evil}`, level: 'room', parent: 417, polygon: [[0, 0], [10, 0], [10, 20], [0, 20]] },
          ],
          tags: [
            { id: 'BADGE1', name: 'A. Brandt' },
            { id: 'FORK1', name: 'Forklift 1' },
          ],
          simulate: { interval_ms: 200, speed: 3, seed: 7 },
        },
      },
      {
        id: 'alarms',
        type: 'alarms',
        config: {
          rules: [
            {
              id: 77,
              name: 'Boiler hot',
              point: 'plc1/boiler/temp',
              comparison: 'above',
              warning_threshold: 75,
              alarm_threshold: 80,
              severity: 'critical',
              area: 'boilerhouse',
            },
            {
              id: 78,
              name: `Level ${evil}`,
              point: 'plc1/tank/level',
              comparison: 'above',
              alarm_threshold: 1000,
              severity: 'minor',
              area: 'tanks',
            },
          ],
        },
      },
      { id: 'history', type: 'sql', config: { database: 'sqlite:history.db' } },
      { id: 'web', type: 'ws', config: { listen: `127.0.0.1:${webPort}`, auth: auth ?? {} } },
    ],
  };
}

/** A child process whose output is kept, and which ends with us. */
export class Program {
  output = '';

  constructor(folder, ...args) {
    this.child = spawn(program(), args, { cwd: folder, stdio: ['pipe', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text) => (this.output += text));
    }
    this.ended = new Promise((resolve) => this.child.on('close', resolve));
  }

  async saysInTime(pattern) {
    const until = Date.now() + patience;
    while (!pattern.test(this.output)) {
      if (this.child.exitCode !== null) throw new Error(`the program ended with ${this.child.exitCode}:\n${this.output}`);
      if (Date.now() > until) throw new Error(`the program did not say ${pattern}:\n${this.output}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async end(signal = 'SIGTERM') {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(signal);
    await this.ended;
  }
}

/** A running plant. `url` is where the pages are. */
export class Plant {
  /** `points`: more points of the PLC, with `x-sim` for the simulator; `auth`: of the gateway; `withUsers`: false for a
   * first run; `without`: instances to leave out; `change(manifest, folder)`: what else it shall have. */
  static async start({ points: more = [], auth, withUsers = true, without = [], change } = {}) {
    const plant = new Plant();
    plant.startedAt = Date.now();
    plant.folder = await mkdtemp(join(tmpdir(), 'tagwire-web-'));
    plant.plcPort = await freePort();
    plant.webPort = await freePort();
    plant.url = `http://127.0.0.1:${plant.webPort}/`;
    const lines = more.map((p) => [p.name, '', p.table, p.address, p.type, '', '', '', '', '', '', p['x-sim']].join(','));
    await writeFile(join(plant.folder, 'plc1.csv'), points + lines.join('\n') + (lines.length ? '\n' : ''));
    const whole = manifest(plant.plcPort, plant.webPort, auth);
    whole.plugins = whole.plugins.filter(({ id }) => !without.includes(id));
    await change?.(whole, plant.folder);
    await writeFile(join(plant.folder, 'manifest.json'), JSON.stringify(whole, null, 2));
    if (withUsers) for (const user of Object.values(users)) await plant.addUser(user);
    await plant.startPlc();
    await plant.startRuntime();
    return plant;
  }

  async addUser({ name, role, password }) {
    const adding = new Program(this.folder, 'user', 'add', name, '--role', role, '--data-dir', join(this.folder, 'var'));
    adding.child.stdin.end(`${password}\n`);
    const code = await adding.ended;
    if (code !== 0) throw new Error(`user add ended with ${code}: ${adding.output}`);
  }

  async startPlc() {
    const listen = `127.0.0.1:${this.plcPort}`;
    this.plc = new Program(this.folder, 'sim', 'modbus', '--points', 'plc1.csv', '--listen', listen);
    await this.plc.saysInTime(/listening on/);
  }

  async startRuntime() {
    this.runtime = new Program(this.folder, 'run', 'manifest.json');
    await this.runtime.saysInTime(/^ready$/m);
  }

  async stopPlc() {
    await this.plc.end();
  }

  /** As a power cut would. */
  async killRuntime() {
    await this.runtime.end('SIGKILL');
  }

  async stop() {
    await this.runtime?.end();
    await this.plc?.end();
    await rm(this.folder, { recursive: true, force: true });
  }
}
