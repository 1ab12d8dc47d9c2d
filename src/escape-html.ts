/** Text that stays text in HTML, inside of attributes too. For answers that are written without a page's templates. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
