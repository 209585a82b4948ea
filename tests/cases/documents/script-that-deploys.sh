#!/bin/bash
curl https://raw.githubusercontent.com/azure/x/helloImageTemplateforSIG.json -o helloImageTemplateforSIG.json
sed -i -e "s/<subscriptionID>/$subscriptionID/g" helloImageTemplateforSIG.json
az resource create --resource-group $sigResourceGroup --properties @helloImageTemplateforSIG.json --is-full-object --resource-type Microsoft.VirtualMachineImages/imageTemplates -n helloImageTemplateforSIG01
az resource invoke-action --action Run
