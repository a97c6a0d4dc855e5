<?php
$servers['imap'] = array(
    'disabled' => false,
    'name' => 'Demo',
    'hostspec' => '127.0.0.1',
    'hordeauth' => true,
    'protocol' => 'imap',
    'port' => @PORT_IMAP@,
    'secure' => false,
    'maildomain' => 'example.test',
    'smtp' => array('host' => '127.0.0.1', 'port' => @PORT_SMTP@, 'auth' => false),
    'acl' => true,
    'cache' => false,
    'special_mboxes' => array(
        IMP_Mailbox::MBOX_DRAFTS => 'Drafts',
        IMP_Mailbox::MBOX_SENT => 'Sent',
        IMP_Mailbox::MBOX_SPAM => 'Spam',
        IMP_Mailbox::MBOX_TRASH => 'Trash',
    ),
);
