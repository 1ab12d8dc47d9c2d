import type { MutatedPart } from './mutant.ts'

const ends = ['test/gate.test.ts', 'test/people.test.ts', 'test/provider.test.ts']

export const sessions: MutatedPart = {
  tests: ends,
  mutants: [
    {
      file: 'sessions/revocations.ts',
      from: 'for (const row of rows[index] ?? []) tell(row as Revocation)',
      to: '',
      weakens: 'caches are not told',
      row: 'logout-server-side',
      tests: ends,
    },
    {
      file: 'sessions/identity.ts',
      from: 'return user?.active ? identityOf',
      to: 'return user ? identityOf',
      weakens: 'a deactivated user is still somebody',
      row: 'inactive-via-source',
      tests: ends,
    },
    {
      file: 'sessions/login-sessions.ts',
      from: 'return session && user?.active ? { session, user } : undefined',
      to: 'return session && user ? { session, user } : undefined',
      weakens: 'the session of a deactivated user is good at the pages',
      row: 'logout-server-side',
      tests: ['test/sign-in.test.ts', ...ends],
    },
  ],
}
