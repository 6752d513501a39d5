// SPDX-License-Identifier: Apache-2.0
// Checks annual rates by a calculation of its own: fixed point of 192 bits (57 digits), and whole numbers
// where a figure lies on a tie. Reads what plans.c prints; the last line counts plans.
//
// The root is enclosed: the present value is seen to change its sign within 2^-149 (45 digits), where what the
// calculation itself cuts off is below 2^-180. Each figure is then computed at both ends of that; where both
// round to the same number, it is the only right one: every figure of ours must be that, so that one in ppm is
// within 0.005 basis points of the truth.
const BITS = 192n;
const ONE = 1n << BITS;
const SURE = ONE >> 150n;
const UNITS = [1_000_000n, 10_000n]; // ppm, basis points

// The sign of sum(c_k v^k) - P.
function sign({ payments, principal }, v) {
    let sum = 0n;
    for (let k = payments.length - 1; k >= 0; k--) sum = ((sum + payments[k]) * v) >> BITS;
    return sum > principal ? 1 : sum < principal ? -1 : 0;
}

function newton({ payments, principal }, v) {
    let sum = 0n;
    let rise = 0n;
    for (let k = payments.length - 1; k >= 0; k--) {
        rise = ((rise * v) >> BITS) + sum;
        sum = ((sum * v) >> BITS) + payments[k];
    }
    const value = ((sum * v) >> BITS) - principal;
    return v - (value << BITS) / (((rise * v) >> BITS) + sum);
}

// By ordinary numbers: near enough for two long steps to reach the root.
function guess({ numbers, lent }) {
    let v = 1;
    for (let step = 0; step < 12; step++) {
        let sum = 0;
        let rise = 0;
        for (let k = numbers.length - 1; k >= 0; k--) {
            rise = rise * v + sum;
            sum = sum * v + numbers[k];
        }
        v -= (sum * v - lent) / (rise * v + sum);
    }
    return BigInt(Math.round(v * 2 ** 52)) << (BITS - 52n);
}

function enclose(plan) {
    let v = guess(plan);
    for (let step = 1; step <= 8; step++) {
        v = newton(plan, v);
        if (step >= 2 && sign(plan, v - SURE) < 0 && sign(plan, v + SURE) > 0) return [v - SURE, v + SURE];
    }
    throw new Error('no root was enclosed');
}

const halfUp = (above, below) => (2n * above + below) / (2n * below);

const nominal = (v, unit) => halfUp(12n * unit * (ONE - v), v);

function effective(v, unit) {
    const square = (v * v) >> BITS;
    const fourth = (square * square) >> BITS;
    const twelfth = (((fourth * fourth) >> BITS) * fourth) >> BITS;
    return halfUp(unit * (ONE - twelfth), twelfth);
}

const simple = ({ numbers, lent, fee }, unit) => halfUp(BigInt(fee) * 12n * unit, BigInt(lent * numbers.length));

// Whether 12 r >= figure - 1/2 units: at just that rate the payments are worth what was lent, or more.
function nominalReaches({ numbers, lent }, figure, unit) {
    const month = 24n * unit;
    const grown = month + 2n * figure - 1n;
    let shrunk = 1n;
    let worth = 0n;
    let due = BigInt(lent);
    for (const payment of numbers) {
        shrunk *= month;
        worth = worth * grown + BigInt(payment) * shrunk;
        due *= grown;
    }
    return worth >= due;
}

let ties = 0;

function figures(plan, unit) {
    if (plan.fee === 0) return [0n, 0n, 0n];
    const [low, high] = (plan.root ??= enclose(plan));
    const rates = [nominal(high, unit), effective(high, unit), simple(plan, unit)];
    if (nominal(low, unit) !== rates[0]) {
        ties++;
        if (nominalReaches(plan, rates[0] + 1n, unit)) rates[0]++;
    }
    if (effective(low, unit) !== rates[1]) throw new Error('an effective rate on a tie');
    return rates;
}

function check(line) {
    const [lent, numbers, ours] = line.split('|').map((part) => part.split(' ').map(Number));
    const plan = { lent: lent[0], numbers, fee: numbers.reduce((sum, number) => sum + number, 0) - lent[0] };
    plan.payments = numbers.map((number) => BigInt(number) << BITS);
    plan.principal = BigInt(plan.lent) << BITS;
    const right = UNITS.flatMap((unit) => figures(plan, unit)).join(' ');
    if (right !== ours.join(' ')) throw new Error(`it should be ${right}`);
}

let count = 0;
let wrong = 0;
let rest = '';
let ended = false;
process.stdin.setEncoding('ascii');
for await (const chunk of process.stdin) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    for (const line of lines) {
        if ((ended = line === 'end')) break;
        count++;
        try {
            check(line);
        } catch (error) {
            if (++wrong <= 5) console.log(`${line}\n    ${error.message}`);
        }
    }
}
if (!ended) console.log('the plans broke off');
console.log(`rates: ${count} plans, ${wrong} wrong (${ties} nominal rates lay exactly between two figures)`);
process.exitCode = ended && count > 0 && wrong === 0 ? 0 : 1;
