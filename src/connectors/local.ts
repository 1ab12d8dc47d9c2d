import { localName } from '../config/authentication-class.ts'
import type { Credentials, PasswordConnector } from './contract.ts'

/** The accounts whose passwords Gatehouse keeps: a way in like the others, whose users are known already. */
export function createLocalConnector({
  signIn,
}: {
  /** The user whose name and password these are. Throws as `verify` does. */
  signIn: (credentials: Credentials) => Promise<{ id: string }>
}): PasswordConnector {
  return {
    kind: 'password',
    name: localName,
    verify: async (credentials) => ({ userId: (await signIn(credentials)).id }),
  }
}
