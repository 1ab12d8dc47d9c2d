/** Text of other machines for a terminal: a control character would move the cursor or change what was printed before. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '\ufffd')
}
