# A unit's Request Tracker that lives in TARGET_FOLDER alone; its letters end in a file there.
use Time::HiRes ();

my $folder = $ENV{TARGET_FOLDER};

$RT::VarPath         = $folder;
$RT::MasonDataDir    = "$folder/mason";
$RT::MasonSessionDir = "$folder/session";

Set($rtname,            'unit.test');
Set($Organization,      'unit.test');
Set($CorrespondAddress, 'office@unit.test');
Set($CommentAddress,    'office-comment@unit.test');
Set($OwnerEmail,        'staff@unit.test');

Set($DatabaseType, 'SQLite');
Set($DatabaseName, "$folder/rt.sqlite3");
Set($DatabaseHost,     '');
Set($DatabaseUser,     '');
Set($DatabasePassword, '');

Set($WebDomain, '127.0.0.1');
Set($WebPort,   $ENV{TARGET_PORT});
Set($WebPath,   '');

my $letters = 0;
Set($MailCommand, sub {
    my $name = sprintf '%s/mail/%.6f-%d-%d.eml', $folder, Time::HiRes::time(), $$, ++$letters;
    open my $file, '>', "$name.part" or die "$name: $!";
    print $file shift->stringify;
    close $file or die "$name: $!";
    rename "$name.part", $name;
});
Set($SendmailPath,  '/bin/false');
Set($HTMLFormatter, 'core');

Set($LogToSyslog, undef);
Set($LogToSTDERR, 'warning');
Set($Timezone,    'Asia/Shanghai');

1;
