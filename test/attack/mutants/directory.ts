import type { MutatedPart } from './mutant.ts'

const people = ['test/people.test.ts', 'test/sign-in.test.ts']
const passwords = ['test/sign-in.test.ts']
const codes = ['test/second-factor.test.ts']
const links = ['test/forgotten-passwords.test.ts']
const passkeys = ['test/passkeys.test.ts']

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
    {
      file: 'store/second-factors.ts',
      from: ".where('last_step', '<', value('step'))",
      to: '',
      weakens: 'a code of an app is taken again',
      row: 'totp-replay',
      tests: codes,
    },
    {
      file: 'directory/second-factors.ts',
      from: 'opened.userId === id && ',
      to: '',
      weakens: 'the secret of somebody else becomes mine',
      row: 'totp-replay',
      tests: codes,
    },
    {
      file: 'directory/password-resets.ts',
      from: '|| stateOf(user) !== linked?.state',
      to: '',
      weakens: 'a link outlives the password that it was made for',
      row: 'reset-link-twice',
      tests: links,
    },
    {
      file: 'directory/webauthn.ts',
      from: 'expectedOrigin: origin,\n      expectedRPID: id,\n      credential',
      to: 'expectedOrigin: JSON.parse(Buffer.from(response.response.clientDataJSON, "base64url").toString()).origin,\n      expectedRPID: id,\n      credential',
      weakens: 'a passkey of another origin signs in',
      row: 'passkey-elsewhere',
      tests: passkeys,
    },
    {
      file: 'directory/webauthn.ts',
      from: '|| !isOwners(response, passkey)',
      to: '',
      weakens: 'nobody asks whose passkey it is',
      row: 'passkey-elsewhere',
      tests: passkeys,
    },
    {
      file: 'directory/passkeys.ts',
      from: "if (!(await singleUse.claim('passkey-question', asked.challenge, asked.until)))",
      to: 'if (false)',
      weakens: 'an answer with a passkey is taken again',
      row: 'passkey-elsewhere',
      tests: passkeys,
    },
  ],
}
