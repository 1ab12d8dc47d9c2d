import type { ProductKind } from '../config/schema.ts'
import { airflow } from './airflow.ts'
import { amundsen } from './amundsen.ts'
import { argoCd } from './argo-cd.ts'
import { argoWorkflows } from './argo-workflows.ts'
import { astronomer } from './astronomer.ts'
import type { ProductDescription } from './contract.ts'
import { datahub } from './datahub.ts'
import { dex } from './dex.ts'
import { druid } from './druid.ts'
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
import { oidc } from './oidc.ts'
import { openmetadata } from './openmetadata.ts'
import { opensearch } from './opensearch.ts'
import { superset } from './superset.ts'
import { trino } from './trino.ts'

/** Every kind of product. A new one is a file and a line here. */
export const products: Readonly<Record<ProductKind, ProductDescription>> = {
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
