/** Makes text of other machines safe for a terminal: a control character could move the cursor or change earlier output. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '\ufffd')
}
