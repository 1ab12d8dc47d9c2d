import type { GateDependencies } from '../gate/gate.ts'
import { sendAnswer } from '../http.ts'
import { askSignOutPage } from '../login/pages/plain.ts'
import { pageHeaders } from '../web/headers.ts'
import type { Looks } from '../web/look.ts'

/** Asks on the host of a service whether to sign out. `formTargets` are the origins to which signing out leads. */
export function createSignOutQuestion({
  looks,
  formTargets,
}: {
  looks: Pick<Looks, 'of'>
  formTargets: readonly string[]
}): GateDependencies['askSignOut'] {
  return ({ request, response, action }) => {
    const look = looks.of(request)
    const headers = pageHeaders(look, { formTargets })
    sendAnswer(response, { status: 200, headers, body: askSignOutPage(look, { action }) })
  }
}
