"""Response of cancer cell lines to drugs, of lines that no drug was tried on before."""
