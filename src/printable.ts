/** What a terminal obeys or nobody sees: controls (C1 too), directions of writing, characters without a look, line ends of Unicode. */
const obeyed = /[\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}\u2028\u2029]/gu
const obeyedInJson = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}\u2028\u2029]/gu

/** Makes text of others safe for one line of a terminal: a control character could move the cursor or change earlier output. */
export function printable(text: string): string {
  return text.replace(obeyed, '\ufffd')
}

/** JSON that a terminal shows as it is, and that reads as the same value: JSON.stringify leaves C1 controls and directions of writing. */
export function printableJson(value: unknown): string {
  return escapedJson(JSON.stringify(value))
}

/** The same of a text that is JSON already. */
export function escapedJson(json: string): string {
  return json.replace(obeyedInJson, (characters) =>
    characters
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  )
}
