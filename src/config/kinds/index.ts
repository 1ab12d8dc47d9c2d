/** The one list of kinds of products, each with the settings that only it has, under its name: `products.x.nifi.initialAdmin`. */
import type * as z from 'zod'
import { amundsen } from './amundsen.ts'
import { argoCd } from './argo-cd.ts'
import { astronomer } from './astronomer.ts'
import { dex } from './dex.ts'
import { druid } from './druid.ts'
import { airflow, superset } from './flask-app-builder.ts'
import { grafana } from './grafana.ts'
import { harbor } from './harbor.ts'
import { jupyterhub } from './jupyterhub.ts'
import { kafbat } from './kafbat.ts'
import { kafka } from './kafka.ts'
import { kubeflow } from './kubeflow.ts'
import { kubernetes } from './kubernetes.ts'
import { minio } from './minio.ts'
import { mlflow } from './mlflow.ts'
import { nifi } from './nifi.ts'
import { oauth2Proxy } from './oauth2-proxy.ts'
import { openmetadata } from './openmetadata.ts'
import { opensearch } from './opensearch.ts'
import { polaris } from './polaris.ts'
import { trino } from './trino.ts'

const noOptions = undefined

/** A new kind is a line here, and a folder of its name in `src/products/`; `npm run generate` adds it to the lists there. */
const kinds = {
  trino,
  superset,
  airflow,
  jupyterhub,
  mlflow,
  amundsen,
  astronomer,
  grafana,
  opensearch,
  'argo-cd': argoCd,
  'argo-workflows': noOptions,
  minio,
  nessie: noOptions,
  polaris,
  datahub: noOptions,
  openmetadata,
  harbor,
  druid,
  nifi,
  kafka,
  kafbat,
  kubeflow,
  dex,
  'oauth2-proxy': oauth2Proxy,
  kubernetes,
  oidc: noOptions,
}
type Kinds = typeof kinds

export type ProductKind = keyof Kinds
export const productKinds = Object.keys(kinds) as [ProductKind, ...ProductKind[]]

/** Kinds that have settings of their own. */
export type KindWithOptions = { [K in ProductKind]: Kinds[K] extends z.ZodType ? K : never }[ProductKind]
type OptionsSchemas = { [K in KindWithOptions]: Kinds[K] }

/** The settings of a kind, with the defaults of those that are not written. */
export type OptionsOf<K extends ProductKind> = {
  [P in ProductKind]: P extends KindWithOptions ? z.output<OptionsSchemas[P]> : NoOptions
}[K]
export type NoOptions = Readonly<Record<never, never>>

/** As fields of a product. A setting that is not written stays absent there: defaults come with `optionsOf`. */
export const productOptions = Object.fromEntries(
  Object.entries(kinds).flatMap(([kind, options]) => (options ? [[kind, options.optional()]] : [])),
) as { [K in KindWithOptions]: z.ZodOptional<OptionsSchemas[K]> }

/** What a product says of its kind, with defaults. */
export function optionsOf(
  product: { product: ProductKind } & Partial<{ [K in KindWithOptions]: OptionsOf<K> | undefined }>,
): OptionsOf<ProductKind> {
  const { product: kind } = product
  return kinds[kind]?.parse(product[kind as KindWithOptions] ?? {}) ?? {}
}
