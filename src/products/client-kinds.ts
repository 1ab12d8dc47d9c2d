// Generated from the list in src/config/kinds/index.ts by `npm run generate`; do not edit.
import type { ProductKind } from '../config/schema.ts'
import { airflowClient } from './airflow/client.ts'
import { amundsenClient } from './amundsen/client.ts'
import { argoCdClient } from './argo-cd/client.ts'
import { argoWorkflowsClient } from './argo-workflows/client.ts'
import { astronomerClient } from './astronomer/client.ts'
import type { ClientKind } from './contract.ts'
import { datahubClient } from './datahub/client.ts'
import { dexClient } from './dex/client.ts'
import { druidClient } from './druid/client.ts'
import { grafanaClient } from './grafana/client.ts'
import { harborClient } from './harbor/client.ts'
import { jupyterhubClient } from './jupyterhub/client.ts'
import { kafbatClient } from './kafbat/client.ts'
import { kafkaClient } from './kafka/client.ts'
import { kubeflowClient } from './kubeflow/client.ts'
import { kubernetesClient } from './kubernetes/client.ts'
import { minioClient } from './minio/client.ts'
import { mlflowClient } from './mlflow/client.ts'
import { nessieClient } from './nessie/client.ts'
import { nifiClient } from './nifi/client.ts'
import { oauth2ProxyClient } from './oauth2-proxy/client.ts'
import { oidcClient } from './oidc/client.ts'
import { openmetadataClient } from './openmetadata/client.ts'
import { opensearchClient } from './opensearch/client.ts'
import { polarisClient } from './polaris/client.ts'
import { supersetClient } from './superset/client.ts'
import { trinoClient } from './trino/client.ts'

/** Every kind of product as providers see it. Nothing here writes files, so that the server loads no renderer. */
export const clients: { readonly [K in ProductKind]: ClientKind<K> } = {
  trino: trinoClient,
  superset: supersetClient,
  airflow: airflowClient,
  jupyterhub: jupyterhubClient,
  mlflow: mlflowClient,
  amundsen: amundsenClient,
  astronomer: astronomerClient,
  grafana: grafanaClient,
  opensearch: opensearchClient,
  'argo-cd': argoCdClient,
  'argo-workflows': argoWorkflowsClient,
  minio: minioClient,
  nessie: nessieClient,
  polaris: polarisClient,
  datahub: datahubClient,
  openmetadata: openmetadataClient,
  harbor: harborClient,
  druid: druidClient,
  nifi: nifiClient,
  kafka: kafkaClient,
  kafbat: kafbatClient,
  kubeflow: kubeflowClient,
  dex: dexClient,
  'oauth2-proxy': oauth2ProxyClient,
  kubernetes: kubernetesClient,
  oidc: oidcClient,
}
