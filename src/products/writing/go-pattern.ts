import { RE2JS, RE2JSException } from 're2js'

/** Whether Go can read a regular expression (RE2, https://github.com/google/re2/wiki/Syntax). */
export function isGoPattern(text: string): boolean {
  try {
    RE2JS.compile(text)
    return true
  } catch (error) {
    if (error instanceof RE2JSException) return false
    throw error
  }
}

/** Whether it is found in a text, as Go finds it. The pattern must be one. */
export function foundByGo(pattern: string, text: string): boolean {
  return RE2JS.compile(pattern).matcher(text).find()
}
