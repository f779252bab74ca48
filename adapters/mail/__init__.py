"""Ways a mail leaves: the embedded Maildir folder first. Sends stored bytes and renders nothing."""
