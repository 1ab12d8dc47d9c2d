// Generated from the list in src/config/kinds/index.ts by `npm run generate`; do not edit.
import type { ProductKind } from '../config/schema.ts'
import { airflow } from './airflow/index.ts'
import { amundsen } from './amundsen/index.ts'
import { argoCd } from './argo-cd/index.ts'
import { argoWorkflows } from './argo-workflows/index.ts'
import { astronomer } from './astronomer/index.ts'
import type { ProductDescription } from './contract.ts'
import { datahub } from './datahub/index.ts'
import { dex } from './dex/index.ts'
import { druid } from './druid/index.ts'
import { grafana } from './grafana/index.ts'
import { harbor } from './harbor/index.ts'
import { jupyterhub } from './jupyterhub/index.ts'
import { kafbat } from './kafbat/index.ts'
import { kafka } from './kafka/index.ts'
import { kubeflow } from './kubeflow/index.ts'
import { kubernetes } from './kubernetes/index.ts'
import { minio } from './minio/index.ts'
import { mlflow } from './mlflow/index.ts'
import { nessie } from './nessie/index.ts'
import { nifi } from './nifi/index.ts'
import { oauth2Proxy } from './oauth2-proxy/index.ts'
import { oidc } from './oidc/index.ts'
import { openmetadata } from './openmetadata/index.ts'
import { opensearch } from './opensearch/index.ts'
import { polaris } from './polaris/index.ts'
import { superset } from './superset/index.ts'
import { trino } from './trino/index.ts'

/** Every kind of product, with what writes its files. */
export const products: { readonly [K in ProductKind]: ProductDescription<K> } = {
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
  'argo-workflows': argoWorkflows,
  minio,
  nessie,
  polaris,
  datahub,
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
  oidc,
}
