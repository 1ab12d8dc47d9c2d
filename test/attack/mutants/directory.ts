import type { MutatedPart } from './mutant.ts'

const people = ['test/people.test.ts', 'test/sign-in.test.ts']
const passwords = ['test/sign-in.test.ts']

export const directory: MutatedPart = {
  tests: people,
  mutants: [
    {
      file: 'directory/just-in-time.ts',
      from: "if (!user.active) throw new AppError('account-deactivated', { user: id })",
      to: '',
      weakens: 'a deactivated user comes back through a provider',
      row: 'inactive-via-source',
      tests: ['test/conformance/sqlite.test.ts', ...people],
    },
    {
      file: 'directory/passwords.ts',
      from: 'return hash !== undefined && matches',
      to: 'return hash !== undefined || matches',
      weakens: 'any password will do',
      row: 'lockout-alias-split',
      tests: passwords,
    },
    {
      file: 'directory/changes.ts',
      from: "effect: loses ? 'shrinks' : 'shows'",
      to: "effect: 'shows'",
      weakens: 'whoever loses a team stays inside',
      row: 'logout-server-side',
      tests: ['test/conformance/sqlite.test.ts', ...people],
    },
  ],
}
