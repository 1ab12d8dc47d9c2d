import { html } from 'hono/html'
import { filled } from '../../web/languages/filling.ts'
import { page } from '../../web/layout.ts'
import type { Look } from '../../web/look.ts'
import { markOfPlace } from '../../web/marks/marks.ts'

/** Something that the person may open. */
export interface Place {
  title: string
  url: string
  /** The kind of a product, for its mark. */
  kind?: string | undefined
}

export interface PortalPage {
  user: string
  places: readonly Place[]
  signOutAction: string
}

/** What signed-in people see at the address of Gatehouse itself. */
export function portalPage(look: Look, { user, places, signOutAction }: PortalPage): string {
  const { portal } = look.texts
  const corner = html`<div class="who"><span>${filled(portal.signedInAs, { user })}</span><form method="post" action="${signOutAction}"><button class="quiet" type="submit">${portal.signOut}</button></form></div>`
  return page(
    look,
    { title: portal.title, width: 'broad', corner },
    html`<h1>${portal.heading}</h1>
${
  places.length > 0
    ? html`<nav aria-label="${portal.heading}"><ul class="tiles">${places.map((place) => tile(place))}</ul></nav>`
    : html`<p class="soft">${portal.empty}</p>`
}`,
  )
}

function tile({ title, url, kind }: Place) {
  return html`<li><a class="way" href="${url}">${markOfPlace(kind, title)}<span>${title}</span></a></li>`
}
