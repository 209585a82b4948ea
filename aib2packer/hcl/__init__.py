"""HCL, the language: values, code, names, and their printing. It knows nothing of Azure or ARM."""
