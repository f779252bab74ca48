"""Ways to be paid: the bank-transfer invoice PDF with its EPC QR code is the embedded default."""
