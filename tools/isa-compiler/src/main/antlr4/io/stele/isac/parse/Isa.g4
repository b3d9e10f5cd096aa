/** The architecture description language; docs/description-language.md explains it. */
grammar Isa;

file : item* EOF ;

item
    : group | instruction | function | setter | stateBlock | fieldDecl ';' | builtin | hook | textDecl | constDecl
    ;

group : 'group' STRING ('section' STRING)? ('feature' name)? '{' item* '}' ;

instruction : 'instruction' name STRING property* (block | ';') ;

property
    : 'feature' name                            # featureProperty
    | 'asm' STRING ('when' expr)?               # asmProperty
    | 'where' expr                              # whereProperty
    | 'let' name (':' type)? '=' expr ';'       # letProperty
    | 'todo'                                    # todoProperty
    | 'interp'                                  # interpProperty
    ;

function : 'fn' name '(' params? ')' (':' (type | '(' type (',' type)+ ')'))? ('=' (expr | tuple) ';' | block) ;
tuple : '(' expr (',' expr)+ ')' ;
setter : 'set' name '(' params ')' block ;
builtin : 'builtin' name '(' params? ')' (':' type)? name* ';' ;
hook : 'hook' name '(' params? ')' (':' type)? name* ';' ;
textDecl : 'text' name '(' params? ')' ';' ;
constDecl : 'const' name '=' expr ';' ;

stateBlock : 'state' '{' stateEntry* '}' ;
stateEntry
    : name ':' type ('[' expr ']')? ';'         # flagsEntry
    | name ':' INT ('[' expr ']')? ';'          # registerEntry
    | fieldDecl ';'                             # fieldEntry
    ;
fieldDecl : 'field' name ':' INT ('[' expr ']')? ;

params : param (',' param)* ;
param : name ':' type ;
type : name ('(' expr ')')? ;

block : '{' statement* '}' ;

statement
    : block                                              # blockStatement
    | 'let' name (':' type)? '=' expr ';'                # letStatement
    | 'let' '(' name (',' name)+ ')' '=' expr ';'        # letTupleStatement
    | 'var' name (':' type)? '=' expr ';'                # varStatement
    | 'if' '(' expr ')' statement ('else' statement)?    # ifStatement
    | 'for' '(' name 'in' expr '..' expr ')' statement   # forStatement
    | 'return' (expr | tuple)? ';'                       # returnStatement
    | expr '=' expr ';'                                  # assignStatement
    | expr ';'                                           # callStatement
    ;

expr
    : '(' expr ')'                                       # parenExpr
    | INT                                                # intExpr
    | 'true'                                             # trueExpr
    | 'false'                                            # falseExpr
    | name '(' (expr (',' expr)*)? ')'                   # callExpr
    | name '[' expr ']'                                  # indexExpr
    | name                                               # nameExpr
    | op=('-' | '~' | '!') expr                          # unaryExpr
    | expr op=('*' | '/' | '%') expr                     # binaryExpr
    | expr op=('+' | '-') expr                           # binaryExpr
    | expr op=('<<' | '>>' | '>>>') expr                 # binaryExpr
    | expr op=('<' | '<=' | '>' | '>=') expr             # binaryExpr
    | expr op=('==' | '!=') expr                         # binaryExpr
    | expr op='&' expr                                   # binaryExpr
    | expr op='^' expr                                   # binaryExpr
    | expr op='|' expr                                   # binaryExpr
    | expr op='&&' expr                                  # binaryExpr
    | expr op='||' expr                                  # binaryExpr
    | <assoc=right> expr '?' expr ':' expr               # conditionalExpr
    ;

/** One `{...}` of an assembly template. */
hole : expr (':' name)? EOF ;

/** Words that start a declaration are ordinary names elsewhere. */
name
    : ID | 'group' | 'section' | 'feature' | 'instruction' | 'asm' | 'when' | 'where' | 'todo' | 'interp' | 'set' | 'state' | 'field'
    | 'hook' | 'text' | 'builtin' | 'in'
    ;

ID : [A-Za-z_] [A-Za-z_0-9]* ;
INT : '0x' [0-9a-fA-F_]+ | '0b' [01_]+ | [0-9] [0-9_]* ;
STRING : '"' ~["\r\n]* '"' ;
COMMENT : '//' ~[\r\n]* -> skip ;
BLOCK_COMMENT : '/*' .*? '*/' -> skip ;
SPACE : [ \t\r\n]+ -> skip ;
