/** Texts in regular expressions of Java (java.util.regex), and in what replaces a match. */
import { checkWellFormed } from './characters.ts'

/** An expression that matches this text and no other, line ends at its end included. */
export function javaExactly(text: string): string {
  return `\\A${javaText(text)}\\z`
}

/** The text itself: no character of it means anything. */
export function javaText(text: string): string {
  return checkWellFormed(text).replace(/[\\^$.|?*+()[\]{}]/g, '\\$&')
}

export function javaReplacement(text: string): string {
  return checkWellFormed(text).replace(/[\\$]/g, '\\$&')
}
