/** What ends, ends with everything that hangs on it, whatever is being made at that moment: two servers on one SQLite file. */
import { after, before, describe, it } from 'node:test'
import { openStore, type Store } from '../src/store/index.ts'
import { type Pair, startPair } from './support/lost-team.ts'
import { races } from './support/races.ts'

let pair: Pair
let store: Store

before(async () => {
  pair = await startPair()
  store = await openStore('sqlite:./gatehouse.db', pair.first.folder)
})
after(async () => {
  await store.close()
  await pair.close()
})

describe('two servers on one file', () => {
  for (const { title, check } of races) it(title, { timeout: 60_000 }, () => check(pair, store))
})
