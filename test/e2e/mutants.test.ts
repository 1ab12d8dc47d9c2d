/** Weakened builds: single changes of the sources, each of which the tests must notice. */
import assert from 'node:assert/strict'
import { availableParallelism } from 'node:os'
import { after, before, test } from 'node:test'
import { mutatedParts } from '../attack/mutants/index.ts'
import type { Mutant } from '../attack/mutants/mutant.ts'
import { openWorkshop, type Workshop } from '../attack/mutants/workshop.ts'
import { createRandom } from '../attack/random.ts'

/** `npm run e2e` has chosen and printed one already. */
const seed = Number(process.env['GATEHOUSE_SEED'] ?? Math.trunc(Math.random() * 2 ** 31))
/** How many are tried; `all` for every one, or a word of what some of them weaken. */
const asked = process.env['GATEHOUSE_MUTANTS'] ?? '16'
const mustNotice = 0.95

interface Tried extends Mutant {
  tests: readonly string[]
}
const everything: readonly Tried[] = Object.values(mutatedParts).flatMap(({ tests, mutants }) =>
  mutants.map((mutant) => ({ ...mutant, tests: mutant.tests ?? tests })),
)
const sample = asked === 'all' ? everything : /^\d+$/.test(asked) ? drawn(Number(asked)) : named(asked)

function named(word: string): Tried[] {
  return everything.filter(({ file, weakens }) => new RegExp(word).test(`${file} ${weakens}`))
}

function drawn(count: number): Tried[] {
  const random = createRandom(seed)
  const left = [...everything]
  return Array.from({ length: Math.min(count, left.length) }, () => left.splice(random.below(left.length), 1)).flat()
}

let workshops: Workshop[]
before(() => {
  workshops = Array.from({ length: availableParallelism() }, openWorkshop)
})
after(() => {
  for (const workshop of workshops) workshop[Symbol.dispose]()
})

test('the sources as they are pass every test that is to notice a mutant', async () => {
  const files = [...new Set(sample.flatMap(({ tests }) => tests))]

  const broken = await inParallel(files, async (file, workshop) => (await workshop.broken([file])) ?? '')

  assert.deepEqual(broken.filter(Boolean), [])
})

test(`of ${sample.length} of ${everything.length} mutants with seed ${seed}, 95 in 100 are noticed`, async (t) => {
  const missed: string[] = []

  await inParallel(sample, async (mutant, workshop) => {
    const by = await workshop.noticed(mutant, mutant.tests)
    const said = `${mutant.file}: ${mutant.weakens} [${mutant.row}]`
    t.diagnostic(`${by === undefined ? 'MISSED' : 'caught'} ${said}${by === undefined ? '' : ` by ${by}`}`)
    if (by === undefined) missed.push(said)
  })

  const share = 1 - missed.length / sample.length
  t.diagnostic(`${(100 * share).toFixed(1)} % of ${sample.length} are noticed`)
  assert.ok(share >= mustNotice, `missed:\n${missed.join('\n')}`)
})

/** Does the work for each item, as many at once as there are workshops. */
async function inParallel<Item, Result>(
  items: readonly Item[],
  work: (item: Item, workshop: Workshop) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  const waiting = [...items]
  const one = async (workshop: Workshop) => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift())
      results.push(await work(item, workshop))
  }
  await Promise.all(workshops.map(one))
  return results
}
