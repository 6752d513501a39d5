// SPDX-License-Identifier: Apache-2.0
// What the shop sells. Prices are integers of fen.
const COLOURS = [['moon', '月白', 'Moon'], ['pine', '松影', 'Pine'], ['dusk', '暮霭', 'Dusk']];
const STORAGE = [['256', '12GB + 256GB', 599_900], ['512', '16GB + 512GB', 699_900], ['1t', '16GB + 1TB', 799_900]];

export const colours = COLOURS.map(([id, zh, en]) => ({ id, title: [zh, en] }));
export const storages = STORAGE.map(([id, title, minor]) => ({ id, title, minor }));

const phones = COLOURS.flatMap(([colour, zh, en]) => STORAGE.map(([storage, text, minor]) => ({
  id: `m1-${storage}-${colour}`, minor, kind: 'KIND_GOODS', colour, title: [`望舒 M1 ${text} ${zh}`, `Wangshu M1 ${text} ${en}`],
})));

const others = [
  { id: 'buds', minor: 80_000, kind: 'KIND_GOODS', title: ['望舒 Buds 耳机', 'Wangshu Buds earphones'], text: ['主动降噪，全天舒适佩戴', 'Noise cancelling, all-day comfort'] },
  { id: 'charger', minor: 9_900, kind: 'KIND_GOODS', title: ['望舒 65W 充电器', 'Wangshu 65W charger'], text: ['氮化镓，小巧随身', 'Gallium nitride, pocket-sized'] },
  { id: 'cloud', minor: 12_000, kind: 'KIND_VIRTUAL', title: ['云空间 200GB · 一年', 'Cloud 200GB · one year'], text: ['虚拟商品，不支持分期', 'A digital good, not for instalments'] },
];

const items = new Map([...phones, ...others].map((one) => [one.id, one]));
export const accessories = others;
export const item = (id) => items.get(id);
export const phone = (storage, colour) => items.get(`m1-${storage}-${colour}`);
