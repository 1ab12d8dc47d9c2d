import { RE2JS } from 're2js'
import { AppError } from '../errors.ts'

/**
 * Which groups match a regular expression, somewhere in their name, in linear time whatever they are called. Loaded when a class has one.
 * Throws `config-invalid` with the place.
 */
export function matcherOf(pattern: string, at: string): (group: string) => boolean {
  const compiled = compile(pattern, at)
  return (group) => compiled.matcher(group).find()
}

function compile(pattern: string, at: string): RE2JS {
  try {
    return RE2JS.compile(pattern)
  } catch (cause) {
    throw new AppError('config-invalid', { at, problem: 'is no regular expression of RE2' }, { cause })
  }
}
