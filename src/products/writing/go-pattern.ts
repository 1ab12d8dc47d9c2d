/**
 * Whether Go can read a regular expression (RE2, https://github.com/google/re2/wiki/Syntax): what JavaScript reads too, less what
 * RE2 leaves out, and with its own ways to write flags and names. Rarities that only Go refuses (an unknown class, a thousand
 * repetitions) are taken.
 */
export function isGoPattern(text: string): boolean {
  if (usesWhatGoLacks(text)) return false
  try {
    // Without the flag u, as RE2: escapes of letters that mean nothing are few, and `{` may stand for itself.
    new RegExp(inJavaScript(text))
    return true
  } catch {
    return false
  }
}

/** Lookahead, lookbehind and back references; a letter after a backslash that means nothing in RE2. */
function usesWhatGoLacks(text: string): boolean {
  const plain = text.replace(/\\\\/g, '').replace(/\\Q.*?(?:\\E|$)/gs, '')
  return (
    /(?<!\\)\(\?<?[=!]/.test(plain) ||
    /\\(?:[89]|[1-7](?![0-7])|[ceghijklmoquyCEGHIJKLMNORTUVXYZ])/.test(plain) ||
    /\\$/.test(plain)
  )
}

function inJavaScript(text: string): string {
  return (
    text
      .replace(/\\Q(.*?)(?:\\E|$)/gs, (_, literal: string) => literal.replace(/[^A-Za-z0-9]/g, '\\$&'))
      .replace(/\(\?P?<[A-Za-z_]\w*>/g, '(')
      // There a bracket that comes first stands for itself.
      .replace(/(?<!\\)\[(\^?)\]/g, '[$1\\]')
      .replace(/\(\?[imsU]*(?:-[imsU]+)?(:|\))/g, (_, end: string) => (end === ':' ? '(?:' : '(?:)'))
  )
}
