// SPDX-License-Identifier: Apache-2.0
// html`...` escapes every value that is put in; what another html`...` made is left as it is.
const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

class Html {
  constructor(text) {
    this.text = text;
  }

  toString() {
    return this.text;
  }
}

const escaped = (value) => {
  if (value instanceof Html) return value.text;
  if (Array.isArray(value)) return value.map(escaped).join('');
  if (value === undefined || value === null || value === false) return '';
  return String(value).replace(/[&<>"']/g, (one) => ENTITIES[one]);
};

export function html(strings, ...values) {
  return new Html(strings.reduce((text, part, i) => text + escaped(values[i - 1]) + part));
}

/** Text that is known to be markup: our own drawings. */
export const markup = (text) => new Html(text);
