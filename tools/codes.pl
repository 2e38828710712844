#!/usr/bin/perl
# SPDX-License-Identifier: MPL-2.0
# codes.pl FILE.c...: prints gridcase-codes(7), the manual page of all stable codes, from the
# places that use them. `make codes` writes it, lint compares it: a code that appears, changes
# its status or vanishes is seen in review.
use strict;
use warnings;

my %status = (INPUT => 400, NOT_FOUND => 404, DENIED => 403, CONFLICT => 409, BUSY => 503,
    LIMIT => 413, IO => 500, STORE => 500, GEO => 500, BUG => 500, UNAUTHENTICATED => 401);
my %told = ('disk.full' => 507);      # slug -> status that differs from its kind's
my (%problem, %finding, %other, %event);
my $calls = qr/error_set|error_errno|model_report|recount_find|FIND|\w*_(?:error|warning|problem)|refuse/;
my $literal = qr/(?:"(?:[^"\\]|\\.)*"\s*)+/;

sub sentence {                        # a format as a person reads it
    my ($text) = @_;
    return '' unless defined $text;
    $text =~ s/(?<!\\)"\s+"//g;
    $text =~ s/^\s*"//;
    $text =~ s/"\s*$//;
    $text =~ s/%%/\0/g;
    $text =~ s/%[-+0 #]*\d*(?:\.(?:\d+|\*))?(?:ll|l|z|h)?[a-zA-Z]/.../g;
    $text =~ s/\0/%/g;
    $text =~ s/\\n//g;
    $text =~ s/\\(["'])/$1/g;
    $text =~ s/\\/\\e/g;
    return $text =~ /[a-z]{2}/ && $text !~ /^[a-z_]+\.[a-z_]+$/ ? $text : '';
}

sub keep {                            # the first sentence wins, a status may come later
    my ($into, $slug, $kind, $text) = @_;
    my $entry = $into->{$slug} //= {text => '', kind => ''};
    $entry->{text} ||= $text;
    $entry->{kind} ||= $kind // '';
}

for my $file (@ARGV) {
    open my $in, '<', $file or die "$file: $!\n";
    local $/;
    my $source = <$in>;
    close $in;
    $source =~ s{^\s*//.*$}{}mg;
    $source =~ s/^#include.*$//mg;
    while ($source =~ /\{"([a-z_]+\.[a-z_]+)", (4\d\d)\}/g) { $told{$1} = $2 }
    while ($source =~ /\blog_event\([^;"]*"([a-z_.]+)"/g) { $event{$1} = 1 }
    while ($source =~ /\[RIGHT_\w+\] = \{"([a-z_.]+)"/g) { $event{$1} = 1 } # names of rights
    while ($source =~ /\b($calls)\(([^;]*?)"([a-z_]+\.[a-z_0-9]+)"([^;]*)/g) {
        my ($call, $before, $slug, $rest) = ($1, $2, $3, $4);
        my ($kind) = $before =~ /ERROR_([A-Z_]+)/;
        my $into = $call =~ /^(model_report|recount_find|FIND)$/ ? \%finding : \%problem;
        my $text = '';
        if ($rest =~ /^\s*:\s*"([a-z_]+\.[a-z_0-9]+)"(.*)/s) { # one slug or the other
            keep($into, $1, $kind, '');
            $rest = $2;
        }
        ($text) = $rest =~ /($literal)/ if $call ne 'error_errno';
        keep($into, $slug, $call eq 'error_errno' ? 'IO' : $kind, sentence($text));
    }
    while ($source =~ /"([a-z_]+\.[a-z_0-9]+)"/g) { $other{$1} = 1 }
}
for my $slug (keys %other) {
    next if $problem{$slug} || $finding{$slug} || $event{$slug};
    next if $slug =~ /\.(c|h|csv|ini|db|sock|gz|json|txt|svg|html|js|css|bin|lock)$/;
    $problem{$slug} = {text => '', kind => ''};
}

sub list {
    my ($codes) = @_;
    print ".Bl -tag -width Ds -compact\n";
    for my $slug (sort keys %$codes) {
        my ($kind, $text) = ($codes->{$slug}{kind}, $codes->{$slug}{text});
        my $number = $told{$slug} // ($kind ? $status{$kind} : undef);
        print ".It Li $slug", (defined $number ? " Pq $number" : ''), "\n";
        print "\\&$text\n" if $text;
    }
    print ".El\n";
}

sub page_of { local $/; my $text = <DATA>; return split /^\@\@.*\n/m, $text }
my ($head, $middle, $tail) = page_of();
print $head;
list(\%problem);
print $middle;
list(\%finding);
print $tail;
__DATA__
.\" SPDX-License-Identifier: MPL-2.0
.\" Made by tools/codes.pl from the sources: `make codes`. Do not edit.
.Dd November 22, 2026
.Dt GRIDCASE-CODES 7
.Os
.Sh NAME
.Nm gridcase-codes
.Nd stable codes of errors and findings
.Sh DESCRIPTION
Whatever goes wrong has a code that does not change from one version to the next: a program
tells errors apart by it, and a page chooses its words by it.
The sentence beside it is for people and may change.
.Pp
The API answers with a document of type
.Ql application/problem+json
.Pq RFC 9457 :
.Cm type
is
.Ql urn:gridcase:problem:
and the code,
.Cm code
the code alone,
.Cm detail
the sentence, and
.Cm instance
names the request as the log does.
Two codes have members of their own:
.Li case.stale
carries
.Cm changed ,
the moves since the version that was named, and
.Li account.throttled
carries
.Cm retry_after_s .
Statuses 429 and 503 have the header
.Ql Retry-After .
A command prints the code in brackets after the sentence, and ends with 2 for wrong input,
3 for what is not there, 4 denied, 5 conflict, 6 busy, 7 a limit, 8 the disk, 9 the store,
10 geometry, 11 not signed in, 70 a fault of the program.
.Sh CODES OF ERRORS
With the status of the API's answer, where the code may come from there.
Three dots stand for what differs.
.Pp
@@ problems
.Sh CODES OF FINDINGS
Of
.Xr gridcase-city 1
.Cm check
and
.Cm load ,
with file, layer and row, and of
.Xr gridcase-check 1 .
Tables are also checked by what the list above says of them.
.Pp
@@ findings
.Sh SEE ALSO
.Xr gridcase-check 1 ,
.Xr gridcase-city 1 ,
.Xr gridcase-serve 1
