import { localName } from '../config/authentication-class.ts'
import type { Credentials, PasswordConnector } from './contract.ts'

/** The accounts whose passwords Gatehouse keeps: a way in like the others, whose users already exist. */
export function createLocalConnector({
  signIn,
}: {
  /** The user with this name and password. Throws like `verify`. */
  signIn: (credentials: Credentials) => Promise<{ id: string; passwordHash: string | undefined }>
}): PasswordConnector {
  return {
    kind: 'password',
    name: localName,
    verify: async (credentials) => {
      const { id, passwordHash } = await signIn(credentials)
      return { userId: id, verifiedHash: passwordHash }
    },
  }
}
