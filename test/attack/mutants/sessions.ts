import type { MutatedPart } from './mutant.ts'

const ends = ['test/gate.test.ts', 'test/people.test.ts', 'test/provider.test.ts']

export const sessions: MutatedPart = {
  tests: ends,
  mutants: [
    {
      file: 'sessions/revocations.ts',
      from: 'for (const { kind, subject } of (rows[index] ?? []) as Revocation[]) tell({ kind, subject })',
      to: '',
      weakens: 'caches are not told',
      row: 'logout-server-side',
      tests: ends,
    },
  ],
}
