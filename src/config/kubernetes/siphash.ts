/**
 * SipHash-1-3 with the key 0, of 64 bits: what Rust's DefaultHasher computes. Not for security: Stackable's operators name
 * environment variables by it, and files for the same cluster must use the same names.
 */
const mask = 0xffff_ffff_ffff_ffffn

function rotate(value: bigint, bits: bigint): bigint {
  return ((value << bits) | (value >> (64n - bits))) & mask
}

type State = [bigint, bigint, bigint, bigint]

function round([v0, v1, v2, v3]: State): State {
  let [a, b, c, d] = [v0, v1, v2, v3]
  a = (a + b) & mask
  b = rotate(b, 13n) ^ a
  a = rotate(a, 32n)
  c = (c + d) & mask
  d = rotate(d, 16n) ^ c
  a = (a + d) & mask
  d = rotate(d, 21n) ^ a
  c = (c + b) & mask
  b = rotate(b, 17n) ^ c
  c = rotate(c, 32n)
  return [a, b, c, d]
}

function absorb(state: State, word: bigint): State {
  const [v0, v1, v2, v3] = round([state[0], state[1], state[2], state[3] ^ word])
  return [v0 ^ word, v1, v2, v3]
}

/** The hash of some bytes (https://www.aumasson.jp/siphash/siphash.pdf, with c = 1 and d = 3). */
export function sipHash13(bytes: Uint8Array): bigint {
  let state: State = [0x736f6d6570736575n, 0x646f72616e646f6dn, 0x6c7967656e657261n, 0x7465646279746573n]
  const padded = new Uint8Array(Math.floor(bytes.length / 8) * 8 + 8)
  padded.set(bytes)
  padded[padded.length - 1] = bytes.length & 0xff
  const view = new DataView(padded.buffer)
  for (let at = 0; at < padded.length; at += 8) state = absorb(state, view.getBigUint64(at, true))
  state = [state[0], state[1], state[2] ^ 0xffn, state[3]]
  for (let rounds = 0; rounds < 3; rounds++) state = round(state)
  return state[0] ^ state[1] ^ state[2] ^ state[3]
}
