import * as z from 'zod'

/** The rules for accounts that are kept here. */
export const LocalAccounts = z
  .strictObject({
    passwordLength: z
      .int()
      .min(8)
      .max(64)
      .default(8)
      .describe('Characters that a new password has at least. What is guessed first is refused, whatever its length.'),
    secondFactor: z
      .enum(['required', 'optional', 'off'])
      .default('optional')
      .describe(
        'Whether accounts have a second factor besides their password: `required` (whoever has none adds one at the next sign-in), `optional` (who has one is asked for it), `off` (nobody is asked, and none can be added).',
      ),
    passkeys: z
      .boolean()
      .default(true)
      .describe(
        'Whether accounts may have passkeys: a way in without a password, and a second factor after one. They are good at the host of the issuer only, which needs a name and https (or localhost).',
      ),
  })
  .prefault({})
  .describe('The rules for accounts that are kept here: `local` under `login`.')
export type LocalAccounts = z.infer<typeof LocalAccounts>
