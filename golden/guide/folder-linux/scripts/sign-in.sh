#!/bin/sh
# Where GitHub Actions hands out identity tokens, the Azure CLI is signed in for an hour, and for what it has not talked to yet
# for five minutes: sign in again with a new one. A loop that waits calls this too.
sign_in() {
  if [ -z "${ACTIONS_ID_TOKEN_REQUEST_URL:-}" ] || [ -z "${ARM_CLIENT_ID:-}" ]; then return 0; fi
  if [ "$(($(date +%s) - ${signed_in:-0}))" -lt 240 ]; then return 0; fi
  identity_token=$(printf 'Authorization: Bearer %s' "$ACTIONS_ID_TOKEN_REQUEST_TOKEN" |
    curl -fsSL --retry 5 -H @- "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=api://AzureADTokenExchange" |
    sed -n 's/.*"value" *: *"\([^"]*\)".*/\1/p')
  az logout --username "$ARM_CLIENT_ID" 2>/dev/null || true
  printf '%s' "$identity_token" | az login --service-principal --username "$ARM_CLIENT_ID" \
    --tenant "${ARM_TENANT_ID:?}" --federated-token @- --allow-no-subscriptions --output none
  if [ -n "${ARM_SUBSCRIPTION_ID:-}" ]; then az account set --subscription "$ARM_SUBSCRIPTION_ID"; fi
  signed_in=$(date +%s)
}
sign_in
