# What a unit sets up: a requester who may write to the queue General, and read what is his.
our @Users = (
    {   Name         => $ENV{TARGET_REQUESTER},
        EmailAddress => $ENV{TARGET_REQUESTER},
        Password     => $ENV{TARGET_PASSWORD},
        Privileged   => 0,
    },
);

our @ACL = (
    ( map { { GroupDomain => 'SystemInternal', GroupType => 'Unprivileged', Queue => 'General', Right => $_ } }
        qw(SeeQueue CreateTicket) ),
    ( map { { GroupDomain => 'RT::Queue-Role', GroupType => 'Requestor', Queue => 'General', Right => $_ } }
        qw(ShowTicket ReplyToTicket) ),
);

our @Final = (
    sub {
        my $staff = RT::User->new( RT->SystemUser );
        $staff->Load('root');
        $staff->SetPassword( $ENV{TARGET_STAFF_PASSWORD} );
        $staff->SetEmailAddress( $ENV{TARGET_STAFF_EMAIL} );
    },
);

1;
