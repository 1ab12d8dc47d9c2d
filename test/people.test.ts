import { after, before, describe, it } from 'node:test'
import { openStore, type Store } from '../src/store/index.ts'
import { checkLostTeam, type Pair, startPair } from './support/lost-team.ts'

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

describe('somebody who loses a team at a sign-in', () => {
  it('is refused within a second, by session and by bearer token, in two processes; and it is written down', async () => {
    await checkLostTeam(pair, store)
  })
})
