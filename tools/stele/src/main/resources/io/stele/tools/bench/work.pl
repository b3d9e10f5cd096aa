# Text, hashes, regular expressions, sorting, formatted output and method calls, over a text of many words.
use strict;
use warnings;

package Counter;
sub new { my ($class) = @_; return bless { of => {}, total => 0 }, $class; }
sub add { my ($self, $word, $n) = @_; $self->{of}{$word} += $n; $self->{total} += $n; return $self; }
sub top { my ($self, $n) = @_; my $of = $self->{of}; my @all = sort { $of->{$b} <=> $of->{$a} || $a cmp $b } keys %$of; return @all[0 .. $n - 1]; }

package main;
my ($file, $rounds) = @ARGV;
open(my $in, '<', $file) or die "no $file";
my @lines = <$in>;
close $in;
my $sum = 0;
for my $round (1 .. $rounds) {
    my ($words, $pairs, $ends) = (Counter->new, Counter->new, Counter->new);
    for my $line (@lines) {
        my $last = '';
        while ($line =~ /([a-z]+)([.,]?)/g) {
            my ($word, $mark) = ($1, $2);
            $words->add($word, 1);
            $pairs->add("$last $word", 1) if $last ne '';
            $ends->add(substr($word, -2), length $word) if $mark eq '.';
            $last = $mark ? '' : $word;
        }
    }
    for my $word ($words->top(20)) { $sum = ($sum * 31 + $words->{of}{$word} + ord $word) % 1000003; }
    for my $pair ($pairs->top(20)) { printf "%-24s %6d %.4f\n", $pair, $pairs->{of}{$pair}, $pairs->{of}{$pair} / $pairs->{total}; }
    my $text = join '', @lines[0 .. 999];
    $text =~ s/([aeiou])([bcdfg])/uc($1) . $2/ge;
    $text =~ tr/a-z/b-za/;
    my %seen;
    $seen{$_}++ for split /[ \n.,]+/, $text;
    my @ordered = sort { length $a <=> length $b or $a cmp $b } keys %seen;
    $sum = ($sum + @ordered * 7 + ($text =~ y/A-Z//)) % 1000003;
    print "$round $sum ", join(' ', @ordered[0 .. 5]), "\n";
}
