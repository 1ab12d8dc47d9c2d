/** The marks of providers and products: what people look for on a button before they read it. */
import { html, raw } from 'hono/html'
import type { Html } from '../languages/filling.ts'
import { drawn, type MarkName } from './drawn.ts'

/** Shapes of our own in a box of 20, for what has no mark that may be shown. */
const shapes = {
  door: 'M12 4h4v12h-4M3 10h9m-3-3 3 3-3 3',
  key: 'M13 4a3.5 3.5 0 1 1-2.6 5.8L4 16v-2.5h2V12h1.8l1.6-2.2A3.5 3.5 0 0 1 13 4Z',
  people:
    'M7 9.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6Zm-5 7c0-3 2.2-5 5-5s5 2 5 5M13.5 9.5a2.5 2.5 0 1 0-1-4.8M14 12c2.4.2 4 1.9 4 4.5',
  windows: 'M3 3.5h6v6H3zM11 3.5h6v6h-6zM3 11.5h6v6H3zM11 11.5h6v6h-6z',
} as const

/** Vendors of providers (`VendorKind`) and kinds of ways in, by the mark that people know. */
const ofWay: Readonly<Record<string, MarkName | keyof typeof shapes>> = {
  keycloak: 'keycloak',
  okta: 'okta',
  auth0: 'auth0',
  google: 'google',
  github: 'github',
  gitlab: 'gitlab',
  authentik: 'authentik',
  // Microsoft does not let its mark be in collections.
  entra: 'windows',
  adfs: 'windows',
  ldap: 'people',
  local: 'key',
}

/** Kinds of products (`ProductKind`). */
const ofProduct: Readonly<Record<string, MarkName>> = {
  trino: 'trino',
  superset: 'apachesuperset',
  airflow: 'apacheairflow',
  astronomer: 'apacheairflow',
  jupyterhub: 'jupyter',
  mlflow: 'mlflow',
  grafana: 'grafana',
  opensearch: 'opensearch',
  'argo-cd': 'argo',
  'argo-workflows': 'argo',
  minio: 'minio',
  harbor: 'harbor',
  druid: 'apachedruid',
  nifi: 'apachenifi',
  kafka: 'apachekafka',
  kafbat: 'apachekafka',
  kubernetes: 'kubernetes',
}

/** The mark of a way in; a door where its vendor is not known or has none. */
export function markOfWay(vendor: string): Html | Promise<Html> {
  const known = Object.hasOwn(ofWay, vendor) ? ofWay[vendor] : undefined
  if (known === undefined) return shape('door')
  return known in shapes ? shape(known as keyof typeof shapes) : mark(known as MarkName)
}

/** The mark of a product; otherwise the first letter of its name. */
export function markOfPlace(kind: string | undefined, title: string): Html | Promise<Html> {
  const known = kind !== undefined && Object.hasOwn(ofProduct, kind) ? ofProduct[kind] : undefined
  if (known !== undefined) return mark(known)
  const [initial] = new Intl.Segmenter().segment(title)
  return html`<span class="mark initial" aria-hidden="true">${(initial?.segment ?? '').toUpperCase()}</span>`
}

function mark(name: MarkName) {
  return html`<svg class="mark" viewBox="0 0 24 24" fill="currentColor" aria-hidden="true"><path d="${raw(drawn[name])}"/></svg>`
}

function shape(name: keyof typeof shapes) {
  return html`<svg class="mark shape${name === 'door' ? ' turns' : ''}" viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linejoin="round" stroke-linecap="round" aria-hidden="true"><path d="${raw(shapes[name])}"/></svg>`
}
