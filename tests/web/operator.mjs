// SPDX-License-Identifier: Apache-2.0
// Somebody at the plant without a browser: what tests need to bring about, by REST.
import assert from 'node:assert/strict';

export class Operator {
  static async at(plant, { name, password }) {
    const operator = new Operator();
    operator.url = plant.url;
    const response = await fetch(`${plant.url}api/v1/login`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ user: name, password }),
    });
    assert.equal(response.status, 200, 'logged in by REST');
    operator.cookie = response.headers.get('set-cookie').split(';')[0];
    operator.csrf = (await response.json()).csrf;
    return operator;
  }

  async ask(method, path, body) {
    const response = await fetch(this.url + path, {
      method,
      headers: { 'Content-Type': 'application/json', Cookie: this.cookie, 'X-CSRF-Token': this.csrf },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
    return text ? JSON.parse(text) : null;
  }

  async write(point, value) {
    const { status, message } = await this.ask('POST', 'api/v1/commands', { point, value });
    assert.equal(status, 'succeeded', `${point} := ${value}: ${message}`);
  }

  alarm(rule) {
    return this.ask('GET', `api/v1/alarms/${rule}`);
  }

  /** Until the alarm of this rule is as `fits` says. */
  async until(rule, fits) {
    const late = Date.now() + 20_000;
    for (;;) {
      const alarm = await this.alarm(rule);
      if (fits(alarm)) return alarm;
      assert.ok(Date.now() < late, `rule ${rule} in time: ${JSON.stringify(alarm)}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
