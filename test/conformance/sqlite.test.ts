import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { openStore } from '../../src/store/index.ts'
import { peopleConformance } from './people.ts'
import { storeConformance } from './store.ts'

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-sqlite-'))
after(() => rmSync(folder, { recursive: true }))

let count = 0
storeConformance('SQLite', async () => {
  const address = `sqlite:${count++}.db`
  const store = await openStore(address, folder)
  return {
    store,
    reopen: async () => {
      await store.close()
      return openStore(address, folder)
    },
  }
})

peopleConformance('SQLite', async () => ({ store: await openStore(`sqlite:${count++}.db`, folder) }))
