/** PostgreSQL: the conformance suite, two servers on one database, a server that restarts, connections that break. */
import { after, before, describe } from 'node:test'
import { openStore } from '../../src/store/index.ts'
import { peopleConformance } from '../conformance/people.ts'
import { storeConformance } from '../conformance/store.ts'
import { type Postgres, startPostgres } from './support/postgres.ts'

let postgres: Postgres
before(async () => {
  postgres = await startPostgres()
})
after(() => postgres.stop())

describe('PostgreSQL', () => {
  peopleConformance('PostgreSQL', async () => ({ store: await openStore(await postgres.createDatabase(), '/') }))

  storeConformance('PostgreSQL', async () => {
    const address = await postgres.createDatabase()
    const store = await openStore(address, '/')
    return {
      store,
      reopen: async () => {
        await store.close()
        return openStore(address, '/')
      },
    }
  })
})
