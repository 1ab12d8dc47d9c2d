import { type ClassType, signInTypes } from '../../config/authentication-class.ts'

/**
 * A way out of what a product cannot do: this server signs people in at the classes, and the product takes the class gatehouse. Where the
 * server cannot do that either, `instead`.
 */
export function throughLogin(
  classes: readonly { type: ClassType }[],
  { way, instead }: { way: string; instead: string },
): string {
  const known: readonly ClassType[] = signInTypes
  return classes.every(({ type }) => known.includes(type)) ? way : instead
}
