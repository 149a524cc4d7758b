// SPDX-License-Identifier: Apache-2.0
// What the server does with permissions (core/access/permissions.cpp), so that pages offer nothing that it refuses. The
// server decides; this only decides what is shown.

/** `*` is one level, `#` at the end the rest, none included. */
function matchesPattern(pattern: string, path: string): boolean {
  const wanted = pattern.split('/');
  const takesRest = wanted[wanted.length - 1] === '#';
  if (takesRest) wanted.pop();
  const given = path.split('/');
  if (given.length < wanted.length || (!takesRest && given.length > wanted.length)) return false;
  return wanted.every((level, index) => level === '*' || level === given[index]);
}

interface Grant {
  what: string;
  verb: string;
  pattern: string | null;
}

export class Permissions {
  #grants: Grant[];

  /** `<what>[:<pattern>]:<verb>` */
  constructor(texts: readonly string[] = []) {
    this.#grants = texts.map((text) => {
      const first = text.indexOf(':');
      const last = text.lastIndexOf(':');
      const pattern = last > first ? text.slice(first + 1, last) : null;
      return { what: text.slice(0, first), verb: text.slice(last + 1), pattern };
    });
  }

  /** `right` is "commands:write"; `name` a point's full name, an alarm's area … */
  allow(right: string, name: string): boolean {
    return this.#covering(right).some(({ pattern }) => pattern === null || matchesPattern(pattern, name));
  }

  /** On every one, whatever its name. */
  allowAll(right: string): boolean {
    return this.#covering(right).some(({ pattern }) => pattern === null || pattern === '#');
  }

  /** On some at least. */
  allowSome(right: string): boolean {
    return this.#covering(right).length > 0;
  }

  #covering(right: string): Grant[] {
    const [what, verb] = right.split(':');
    const isRead = verb === 'read' || verb === 'watch' || verb === 'stats';
    return this.#grants.filter((grant) => {
      if (grant.what !== '*' && grant.what !== what) return false;
      if (grant.verb === '*' || grant.verb === verb) return true;
      return isRead && ((grant.verb === 'read' && grant.what === '*') || (grant.verb === 'admin' && what === 'alarms'));
    });
  }
}
