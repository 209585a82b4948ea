location     = "westeurope"
regions      = ["westeurope", "francecentral"]
identity_ids = ["/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/images/providers/Microsoft.ManagedIdentity/userAssignedIdentities/builder"]
