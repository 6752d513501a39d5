// SPDX-License-Identifier: Apache-2.0
// QR codes (ISO/IEC 18004): text in bytes, error correction M, versions 1 to 20.

const ECC_PER_BLOCK = [10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26];
const N_BLOCKS = [1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16];
const FORMAT_M = 0;

// ---- Reed-Solomon over GF(256), modulo x^8 + x^4 + x^3 + x^2 + 1 ----------------------------------

function multiply(a, b) {
  let product = 0;
  for (let bit = 7; bit >= 0; bit--) {
    product = (product << 1) ^ ((product >> 7) * 0x11d);
    product ^= ((b >> bit) & 1) * a;
  }
  return product;
}

function divisor(degree) {
  const result = new Uint8Array(degree);
  result[degree - 1] = 1;
  for (let i = 0, root = 1; i < degree; i++, root = multiply(root, 2))
    for (let k = 0; k < degree; k++)
      result[k] = multiply(result[k], root) ^ (result[k + 1] ?? 0);
  return result;
}

function remainder(data, by) {
  const result = Array.from(by, () => 0);
  for (const byte of data) {
    const factor = byte ^ result.shift();
    result.push(0);
    by.forEach((one, i) => { result[i] ^= multiply(one, factor); });
  }
  return result;
}

// ---- from text to code words ------------------------------------------------------------------------

function rawBytes(version) {
  let modules = (16 * version + 128) * version + 64;
  if (version >= 2) {
    const n = Math.floor(version / 7) + 2;
    modules -= (25 * n - 10) * n - 55;
    if (version >= 7) modules -= 36;
  }
  return modules >> 3;
}

const dataBytes = (version) => rawBytes(version) - ECC_PER_BLOCK[version - 1] * N_BLOCKS[version - 1];

function dataWords(bytes, version) {
  const bits = [];
  const put = (value, length) => { for (let i = length - 1; i >= 0; i--) bits.push((value >> i) & 1); };
  put(4, 4);
  put(bytes.length, version < 10 ? 8 : 16);
  for (const byte of bytes) put(byte, 8);
  const capacity = dataBytes(version) * 8;
  put(0, Math.min(4, capacity - bits.length));
  put(0, -bits.length & 7);
  for (let pad = 0xec; bits.length < capacity; pad ^= 0xec ^ 0x11) put(pad, 8);
  return Array.from({ length: bits.length / 8 }, (_, i) => bits.slice(i * 8, i * 8 + 8).reduce((byte, bit) => byte * 2 + bit));
}

/** Blocks with their error correction, interleaved. */
function codeWords(data, version) {
  const [nBlocks, nEcc, nRaw] = [N_BLOCKS[version - 1], ECC_PER_BLOCK[version - 1], rawBytes(version)];
  const nShort = nBlocks - (nRaw % nBlocks);
  const short = Math.floor(nRaw / nBlocks) - nEcc;
  const by = divisor(nEcc);
  const blocks = [];
  for (let i = 0, from = 0; i < nBlocks; i++) {
    const words = data.slice(from, from + short + (i < nShort ? 0 : 1));
    from += words.length;
    blocks.push({ words, ecc: remainder(words, by) });
  }
  const result = [];
  for (let i = 0; i <= short; i++) for (const { words } of blocks) if (i < words.length) result.push(words[i]);
  for (let i = 0; i < nEcc; i++) for (const { ecc } of blocks) result.push(ecc[i]);
  return result;
}

// ---- from code words to the square ----------------------------------------------------------------------

function alignments(version) {
  if (version === 1) return [];
  const n = Math.floor(version / 7) + 2;
  const step = Math.floor((version * 8 + n * 3 + 5) / (n * 4 - 4)) * 2;
  return [6, ...Array.from({ length: n - 1 }, (_, i) => version * 4 + 10 - step * (n - 2 - i))];
}

class Square {
  constructor(version) {
    this.version = version;
    this.size = version * 4 + 17;
    this.dark = Array.from({ length: this.size }, () => new Uint8Array(this.size));
    this.fixed = Array.from({ length: this.size }, () => new Uint8Array(this.size));
    this.#drawPatterns();
  }

  #set(x, y, isDark) {
    if (x < 0 || y < 0 || x >= this.size || y >= this.size) return;
    this.dark[y][x] = isDark ? 1 : 0;
    this.fixed[y][x] = 1;
  }

  #drawRings(x, y, radius, isDark) {
    for (let dy = -radius; dy <= radius; dy++)
      for (let dx = -radius; dx <= radius; dx++) this.#set(x + dx, y + dy, isDark(Math.max(Math.abs(dx), Math.abs(dy))));
  }

  #drawPatterns() {
    const { size, version } = this;
    for (let i = 0; i < size; i++) {
      this.#set(6, i, i % 2 === 0);
      this.#set(i, 6, i % 2 === 0);
    }
    for (const [x, y] of [[3, 3], [size - 4, 3], [3, size - 4]]) this.#drawRings(x, y, 4, (ring) => ring !== 2 && ring !== 4);
    const places = alignments(version);
    const last = places.length - 1;
    places.forEach((x, i) => places.forEach((y, k) => {
      const isFinder = (i === 0 && k === 0) || (i === 0 && k === last) || (i === last && k === 0);
      if (!isFinder) this.#drawRings(x, y, 2, (ring) => ring !== 1);
    }));
    this.drawFormat(0);
    if (version >= 7) this.#drawVersion();
  }

  #drawVersion() {
    let rest = this.version;
    for (let i = 0; i < 12; i++) rest = (rest << 1) ^ ((rest >> 11) * 0x1f25);
    const bits = (this.version << 12) | rest;
    for (let i = 0; i < 18; i++) {
      const [a, b] = [this.size - 11 + (i % 3), Math.floor(i / 3)];
      this.#set(a, b, (bits >> i) & 1);
      this.#set(b, a, (bits >> i) & 1);
    }
  }

  drawFormat(mask) {
    const data = (FORMAT_M << 3) | mask;
    let rest = data;
    for (let i = 0; i < 10; i++) rest = (rest << 1) ^ ((rest >> 9) * 0x537);
    const bits = ((data << 10) | rest) ^ 0x5412;
    const bit = (i) => (bits >> i) & 1;
    const { size } = this;
    for (let i = 0; i <= 5; i++) this.#set(8, i, bit(i));
    this.#set(8, 7, bit(6));
    this.#set(8, 8, bit(7));
    this.#set(7, 8, bit(8));
    for (let i = 9; i < 15; i++) this.#set(14 - i, 8, bit(i));
    for (let i = 0; i < 8; i++) this.#set(size - 1 - i, 8, bit(i));
    for (let i = 8; i < 15; i++) this.#set(8, size - 15 + i, bit(i));
    this.#set(8, size - 8, true);
  }

  /** In columns of two, up and down, from the right. */
  drawWords(words) {
    let i = 0;
    for (let right = this.size - 1; right >= 1; right -= 2) {
      if (right === 6) right = 5;
      for (let step = 0; step < this.size; step++)
        for (const x of [right, right - 1]) {
          const y = ((right + 1) & 2) === 0 ? this.size - 1 - step : step;
          if (this.fixed[y][x] || i >= words.length * 8) continue;
          this.dark[y][x] = (words[i >> 3] >> (7 - (i & 7))) & 1;
          i++;
        }
    }
  }

  mask(which) {
    const MASKS = [
      (x, y) => (x + y) % 2, (x, y) => y % 2, (x) => x % 3, (x, y) => (x + y) % 3,
      (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2, (x, y) => ((x * y) % 2) + ((x * y) % 3),
      (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2, (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2,
    ];
    for (let y = 0; y < this.size; y++)
      for (let x = 0; x < this.size; x++) if (!this.fixed[y][x] && MASKS[which](x, y) === 0) this.dark[y][x] ^= 1;
  }

  /** How hard it is to read: long runs, blocks, what looks like a finder, too dark or too light. */
  penalty() {
    const { size, dark } = this;
    const lines = [...dark.map((row) => row.join('')), ...Array.from({ length: size }, (_, x) => dark.map((row) => row[x]).join(''))];
    let total = 0;
    for (const line of lines) {
      for (const run of line.match(/0{5,}|1{5,}/g) ?? []) total += run.length - 2;
      for (const finder of ['10111010000', '00001011101'])
        for (let at = line.indexOf(finder); at >= 0; at = line.indexOf(finder, at + 1)) total += 40;
    }
    for (let y = 0; y + 1 < size; y++)
      for (let x = 0; x + 1 < size; x++) {
        const sum = dark[y][x] + dark[y][x + 1] + dark[y + 1][x] + dark[y + 1][x + 1];
        if (sum === 0 || sum === 4) total += 3;
      }
    const nDark = dark.reduce((sum, row) => sum + row.reduce((a, b) => a + b, 0), 0);
    return total + 10 * Math.floor(Math.abs(nDark * 20 - size * size * 10) / (size * size));
  }
}

/** The modules, row by row: 1 is dark. */
export function qrModules(text) {
  const bytes = Buffer.from(text);
  let version = 1;
  while (bytes.length > dataBytes(version) - (version < 10 ? 2 : 3))
    if (++version > N_BLOCKS.length) throw new RangeError(`${bytes.length} bytes are too many for a QR code`);
  const square = new Square(version);
  square.drawWords(codeWords(dataWords(bytes, version), version));
  let best = { penalty: Infinity };
  for (let which = 0; which < 8; which++) {
    square.mask(which);
    square.drawFormat(which);
    const penalty = square.penalty();
    if (penalty < best.penalty) best = { penalty, dark: square.dark.map((row) => Uint8Array.from(row)) };
    square.mask(which); /* and off again */
  }
  return best.dark;
}

/** As SVG, with its quiet zone; always dark on white, whatever the page's colours. */
export function qrSvg(text, label) {
  const modules = qrModules(text);
  const size = modules.length + 8;
  const path = modules.flatMap((row, y) => [...row].map((isDark, x) => (isDark ? `M${x + 4} ${y + 4}h1v1h-1z` : ''))).join('');
  return `<svg class="qr" viewBox="0 0 ${size} ${size}" role="img" aria-label="${label}" shape-rendering="crispEdges">` +
    `<rect width="${size}" height="${size}" fill="#fff"/><path d="${path}" fill="#000"/></svg>`;
}
