import { connectors } from './connectors.ts'
import { directory } from './directory.ts'
import { gate } from './gate.ts'
import { login } from './login.ts'
import type { MutatedPart } from './mutant.ts'
import { provider } from './provider.ts'
import { sessions } from './sessions.ts'

/** Every weakened build, by the part that it weakens. */
export const mutatedParts: Readonly<Record<string, MutatedPart>> = {
  gate,
  login,
  provider,
  connectors,
  sessions,
  directory,
}
